// The schedules: the options of each, and its table. docs/numerics.md gives the operations.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

#include "filbert/export.h"
#include "filbert/option_table.hpp"

namespace filbert {

/// Times in epochs, at most 16 of them, as an option of a schedule.
class Milestones {
 public:
  static constexpr std::size_t most = 16;

  constexpr Milestones() = default;
  /// Throws std::invalid_argument for more than 16 times.
  FILBERT_API explicit Milestones(std::span<const double> epochs);
  Milestones(std::initializer_list<double> epochs)
      : Milestones(std::span<const double>(epochs.begin(), epochs.size())) {}

  constexpr std::span<const double> epochs() const { return {epochs_.data(), count_}; }

  friend bool operator==(const Milestones&, const Milestones&) = default;

 private:
  std::array<double, most> epochs_ = {};  // zeros behind the last one
  std::size_t count_ = 0;
};

/// Which cost a ReduceOnPlateau watches.
enum class Monitor : unsigned char {
  automatic,  ///< that of the validation data if the fit has any, else that of the training
  loss,       ///< that of the training
  val_loss,   ///< that of the validation data
};

/// The name of that value, "auto" for automatic.
FILBERT_API std::string_view to_string(Monitor monitor);

/// Throws std::invalid_argument, listing the valid names, if there is no such value.
FILBERT_API Monitor monitor_from_string(std::string_view name);

/// What is known of the schedule whose options S are. There is a specialisation for each, with the
/// members `name` and `options`.
template <class S>
struct ScheduleTraits;

/// A row of the table of options of the schedule S. The first option of every schedule is the rate
/// that a step outside of a fit takes.
template <class S>
using ScheduleOption = Option<S, double, std::size_t, Milestones, Monitor>;

// All schedules but Constant end with these two options. In the first `warmup` epochs the rate
// rises from 0 to where the schedule starts, in a straight line; time u of the schedule begins
// then. After `length` epochs, those of the warm-up among them, the rate stays as it is; 0 stands
// for the length of the fit. D = length - warmup is what is left for the schedule.

/// The same rate all the time, but for a warm-up.
struct Constant {
  double rate = 0.0;  ///< finite, not negative
  double warmup = 0.0;

  friend bool operator==(const Constant&, const Constant&) = default;
};

template <>
struct ScheduleTraits<Constant> {
  static constexpr std::string_view name = "constant";
  static constexpr ScheduleOption<Constant> options[] = {
      {"rate", &Constant::rate, OptionRange::rate},
      {"warmup", &Constant::warmup, OptionRange::epochs},
  };
};

/// `restarts` half cosine waves of equal length, each from `rate` down to `final` (Loshchilov and
/// Hutter 2017).
struct Cosine {
  double rate = 0.0;         ///< finite, not negative
  double final = 0.0;        ///< the same
  std::size_t restarts = 1;  ///< how many times the wave starts: 1 or more
  double warmup = 0.0;
  double length = 0.0;

  friend bool operator==(const Cosine&, const Cosine&) = default;
};

template <>
struct ScheduleTraits<Cosine> {
  static constexpr std::string_view name = "cosine";
  static constexpr ScheduleOption<Cosine> options[] = {
      {"rate", &Cosine::rate, OptionRange::rate},
      {"final", &Cosine::final, OptionRange::rate},
      {"restarts", &Cosine::restarts, OptionRange::repeats},
      {"warmup", &Cosine::warmup, OptionRange::epochs},
      {"length", &Cosine::length, OptionRange::epochs},
  };
};

/// rate * factor^k, k being how many times `every` epochs have passed.
struct Step {
  double rate = 0.0;    ///< finite, not negative
  double every = 0.0;   ///< epochs, finite and positive; to be given
  double factor = 0.1;  ///< in (0, 1]
  double warmup = 0.0;
  double length = 0.0;

  friend bool operator==(const Step&, const Step&) = default;
};

template <>
struct ScheduleTraits<Step> {
  static constexpr std::string_view name = "step";
  static constexpr ScheduleOption<Step> options[] = {
      {"rate", &Step::rate, OptionRange::rate},
      {"every", &Step::every, OptionRange::period},
      {"factor", &Step::factor, OptionRange::factor},
      {"warmup", &Step::warmup, OptionRange::epochs},
      {"length", &Step::length, OptionRange::epochs},
  };
};

/// rate * factor^k, k being how many of the milestones have passed.
struct MultiStep {
  double rate = 0.0;           ///< finite, not negative
  Milestones milestones = {};  ///< epochs, increasing; to be given
  double factor = 0.1;         ///< in (0, 1]
  double warmup = 0.0;
  double length = 0.0;

  friend bool operator==(const MultiStep&, const MultiStep&) = default;
};

template <>
struct ScheduleTraits<MultiStep> {
  static constexpr std::string_view name = "multi_step";
  static constexpr ScheduleOption<MultiStep> options[] = {
      {"rate", &MultiStep::rate, OptionRange::rate},
      {"milestones", &MultiStep::milestones, OptionRange::times},
      {"factor", &MultiStep::factor, OptionRange::factor},
      {"warmup", &MultiStep::warmup, OptionRange::epochs},
      {"length", &MultiStep::length, OptionRange::epochs},
  };
};

/// rate * factor^u, a decay by `factor` each epoch.
struct Exponential {
  double rate = 0.0;    ///< finite, not negative
  double factor = 0.0;  ///< in (0, 1]; to be given
  double warmup = 0.0;
  double length = 0.0;

  friend bool operator==(const Exponential&, const Exponential&) = default;
};

template <>
struct ScheduleTraits<Exponential> {
  static constexpr std::string_view name = "exponential";
  static constexpr ScheduleOption<Exponential> options[] = {
      {"rate", &Exponential::rate, OptionRange::rate},
      {"factor", &Exponential::factor, OptionRange::factor},
      {"warmup", &Exponential::warmup, OptionRange::epochs},
      {"length", &Exponential::length, OptionRange::epochs},
  };
};

/// rate / (1 + decay u)^power.
struct InverseScaling {
  double rate = 0.0;   ///< finite, not negative
  double power = 0.5;  ///< the same
  double decay = 1.0;  ///< the same, for each epoch
  double warmup = 0.0;
  double length = 0.0;

  friend bool operator==(const InverseScaling&, const InverseScaling&) = default;
};

template <>
struct ScheduleTraits<InverseScaling> {
  static constexpr std::string_view name = "inverse_scaling";
  static constexpr ScheduleOption<InverseScaling> options[] = {
      {"rate", &InverseScaling::rate, OptionRange::rate},
      {"power", &InverseScaling::power, OptionRange::number},
      {"decay", &InverseScaling::decay, OptionRange::number},
      {"warmup", &InverseScaling::warmup, OptionRange::epochs},
      {"length", &InverseScaling::length, OptionRange::epochs},
  };
};

/// final + (rate - final) * (1 - u / D)^power.
struct Polynomial {
  double rate = 0.0;   ///< finite, not negative
  double power = 1.0;  ///< the same
  double final = 0.0;  ///< the same
  double warmup = 0.0;
  double length = 0.0;

  friend bool operator==(const Polynomial&, const Polynomial&) = default;
};

template <>
struct ScheduleTraits<Polynomial> {
  static constexpr std::string_view name = "polynomial";
  static constexpr ScheduleOption<Polynomial> options[] = {
      {"rate", &Polynomial::rate, OptionRange::rate},
      {"power", &Polynomial::power, OptionRange::number},
      {"final", &Polynomial::final, OptionRange::rate},
      {"warmup", &Polynomial::warmup, OptionRange::epochs},
      {"length", &Polynomial::length, OptionRange::epochs},
  };
};

/// Half a cosine wave up to `peak`, which takes the part `pct_start` of the time, and half a wave
/// down from there (Smith and Topin 2019), as in PyTorch.
struct OneCycle {
  double peak = 0.0;              ///< finite, not negative
  double pct_start = 0.3;         ///< in [0, 1)
  double div_factor = 25.0;       ///< finite, 1 or more: it starts at peak / div_factor
  double final_div_factor = 1e4;  ///< the same: it ends at what it starts at / final_div_factor
  double warmup = 0.0;
  double length = 0.0;

  friend bool operator==(const OneCycle&, const OneCycle&) = default;
};

template <>
struct ScheduleTraits<OneCycle> {
  static constexpr std::string_view name = "one_cycle";
  static constexpr ScheduleOption<OneCycle> options[] = {
      {"peak", &OneCycle::peak, OptionRange::rate},
      {"pct_start", &OneCycle::pct_start, OptionRange::fraction},
      {"div_factor", &OneCycle::div_factor, OptionRange::ratio},
      {"final_div_factor", &OneCycle::final_div_factor, OptionRange::ratio},
      {"warmup", &OneCycle::warmup, OptionRange::epochs},
      {"length", &OneCycle::length, OptionRange::epochs},
  };
};

/// rate * (1 - cos(2 pi log2(1 + 15 u / D))) / 2: four waves, each twice as long as the one before
/// it (Holzmueller et al. 2024, RealMLP).
struct CosLog4 {
  double rate = 0.0;  ///< finite, not negative
  double warmup = 0.0;
  double length = 0.0;

  friend bool operator==(const CosLog4&, const CosLog4&) = default;
};

template <>
struct ScheduleTraits<CosLog4> {
  static constexpr std::string_view name = "coslog4";
  static constexpr ScheduleOption<CosLog4> options[] = {
      {"rate", &CosLog4::rate, OptionRange::rate},
      {"warmup", &CosLog4::warmup, OptionRange::epochs},
      {"length", &CosLog4::length, OptionRange::epochs},
  };
};

/// The same rate for the part `flat` of the time, then half a cosine wave down to `final`, as
/// fastai's fit_flat_cos.
struct FlatCosine {
  double rate = 0.0;   ///< finite, not negative
  double final = 0.0;  ///< the same
  double flat = 0.75;  ///< in [0, 1)
  double warmup = 0.0;
  double length = 0.0;

  friend bool operator==(const FlatCosine&, const FlatCosine&) = default;
};

template <>
struct ScheduleTraits<FlatCosine> {
  static constexpr std::string_view name = "flat_cosine";
  static constexpr ScheduleOption<FlatCosine> options[] = {
      {"rate", &FlatCosine::rate, OptionRange::rate},
      {"final", &FlatCosine::final, OptionRange::rate},
      {"flat", &FlatCosine::flat, OptionRange::fraction},
      {"warmup", &FlatCosine::warmup, OptionRange::epochs},
      {"length", &FlatCosine::length, OptionRange::epochs},
  };
};

/// A rate that is multiplied by `factor` after each `patience` + 1 epochs that have not brought a
/// lower cost, as in PyTorch; for a learning rate only. A fit keeps its state
/// (FitPosition::plateau); Schedule::at knows none, and gives the rate without reductions.
struct ReduceOnPlateau {
  double rate = 0.0;          ///< finite, not negative
  double factor = 0.1;        ///< in (0, 1]
  std::size_t patience = 10;  ///< epochs
  double threshold = 1e-4;    ///< in [0, 1): a cost is lower if it is by this part of the lowest
  std::size_t cooldown = 0;   ///< epochs after a reduction in which none counts as bad
  double min_rate = 0.0;      ///< finite, not negative: no reduction goes below
  Monitor monitor = Monitor::automatic;
  double warmup = 0.0;
  double length = 0.0;

  friend bool operator==(const ReduceOnPlateau&, const ReduceOnPlateau&) = default;
};

template <>
struct ScheduleTraits<ReduceOnPlateau> {
  static constexpr std::string_view name = "reduce_on_plateau";
  static constexpr ScheduleOption<ReduceOnPlateau> options[] = {
      {"rate", &ReduceOnPlateau::rate, OptionRange::rate},
      {"factor", &ReduceOnPlateau::factor, OptionRange::factor},
      {"patience", &ReduceOnPlateau::patience, OptionRange::whole},
      {"threshold", &ReduceOnPlateau::threshold, OptionRange::fraction},
      {"cooldown", &ReduceOnPlateau::cooldown, OptionRange::whole},
      {"min_rate", &ReduceOnPlateau::min_rate, OptionRange::rate},
      {"monitor", &ReduceOnPlateau::monitor, OptionRange::choice},
      {"warmup", &ReduceOnPlateau::warmup, OptionRange::epochs},
      {"length", &ReduceOnPlateau::length, OptionRange::epochs},
  };
};

/// Every schedule there is. Files and bindings go by its name.
using AnySchedule = std::variant<Constant, Cosine, Step, MultiStep, Exponential, InverseScaling,
                                 Polynomial, OneCycle, CosLog4, FlatCosine, ReduceOnPlateau>;

}  // namespace filbert
