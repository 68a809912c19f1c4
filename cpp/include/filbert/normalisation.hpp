// What a network does to the numbers of a table before its first layer, and to targets: learnt
// once, kept by the network, applied wherever rows go through it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "filbert/data.hpp"
#include "filbert/export.h"
#include "filbert/interrupted.hpp"
#include "filbert/loss.hpp"
#include "filbert/matrix.hpp"

namespace filbert {

template <class T>
class FILBERT_API_TYPE BasicNetwork;

/// How a column of x is transformed, with its centre and factor of Normalisation. All of it is
/// computed in double and rounded to the type of the network once; the curves of robust are
/// computed in that type (docs/numerics.md).
enum class NormalisationKind : unsigned char {
  none,      ///< x
  standard,  ///< (x - mean) * (1 / standard deviation); factor 1 for a constant column
  /// r / sqrt(1 + (r / 3)^2) with r = (x - median) * factor, as RealMLP does (Holzmüller et al.
  /// 2024). The factor is 1 over the distance of the quartiles; where they are equal, 2 over that
  /// of the least and the largest number; 0 for a constant column.
  robust,
  /// The quantile of the standard normal distribution of which x is the quantile among the numbers
  /// of its column, but at least 1e-7 and at most 1 - 1e-7.
  quantiles
};

FILBERT_API std::string_view to_string(NormalisationKind kind);
/// Throws std::invalid_argument, which lists the names, if there is no kind of that name.
FILBERT_API NormalisationKind normalisation_from_string(std::string_view name);

/// The most quantiles of a column.
inline constexpr std::size_t max_quantiles = 1000;

/// A value. What a member does not apply to is empty.
struct Normalisation {
  NormalisationKind kind = NormalisationKind::none;
  std::vector<double> centre = {}, factor = {};  ///< (inputs): of standard and robust
  /// (inputs, quantiles of each): of quantile. Those of a column ascend, and stand for
  /// probabilities from 0 to 1 at equal distances.
  std::vector<double> quantiles = {};
  std::vector<double> fill = {};  ///< (inputs): what stands in for a NaN in x, before all of that
  /// (outputs): a target y is (y - centre) / scale for the network, and predict returns
  /// a * scale + centre.
  std::vector<double> target_centre = {}, target_scale = {};

  bool changes_inputs() const { return kind != NormalisationKind::none || !fill.empty(); }
  bool changes_targets() const { return !target_centre.empty(); }
  bool operator==(const Normalisation&) const = default;
};

/// What is to be learnt.
struct NormalisationOptions {
  NormalisationKind kind = NormalisationKind::standard;
  bool fill = false;  ///< the mean of each column, to stand in for a NaN
  /// Mean and standard deviation of the targets, for networks with an identity output.
  bool targets = false;
  std::optional<Loss> loss = {};  ///< that the targets are for; none: default_loss(net.output())
  KeepGoing keep_going = {};      ///< false ends it: throws Interrupted
};

/// What the network has, and beside that what is asked for and it does not have yet, learnt from
/// data. Numbers of x that are NaN do not count, and neither do the weights of the data. Medians,
/// quartiles and quantiles are exact for up to 131,072 rows; of more, that many are looked at, at
/// equal distances. The result does not depend on the number of threads.
///   net.set_normalisation(learn_normalisation(net, data, {.kind = NormalisationKind::robust}));
/// Throws std::invalid_argument if x has a NaN and nothing to fill it with, an infinite number, a
/// column of NaNs alone, or numbers so far apart that their variance is infinite; if the network
/// has a normalisation of another kind; if targets are asked for of a network or a loss that has
/// none in units of its own.
FILBERT_API Normalisation learn_normalisation(const BasicNetwork<float>& net, const Data& data,
                                              const NormalisationOptions& options = {});
FILBERT_API Normalisation learn_normalisation(const BasicNetwork<double>& net, const Data64& data,
                                              const NormalisationOptions& options = {});

/// Rows of x as the first layer of the network takes them. out, x: (rows, net.inputs()); they may
/// be the same. Throws std::invalid_argument for other shapes.
FILBERT_API void normalise_inputs(const BasicNetwork<float>& net, ConstMatrixView x,
                                  MatrixView out);
FILBERT_API void normalise_inputs(const BasicNetwork<double>& net, ConstMatrixView64 x,
                                  MatrixView64 out);

/// Rows of targets as the cost takes them. out, y: (rows, at most net.outputs()); they may be the
/// same. Throws std::invalid_argument for other shapes.
FILBERT_API void normalise_targets(const BasicNetwork<float>& net, ConstMatrixView y,
                                   MatrixView out);
FILBERT_API void normalise_targets(const BasicNetwork<double>& net, ConstMatrixView64 y,
                                   MatrixView64 out);

}  // namespace filbert
