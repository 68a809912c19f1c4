// One network among many on its way: how it is checked, and how it is trained.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "filbert/early_stopping.hpp"
#include "filbert/fit_many.hpp"
#include "filbert/fit_position.hpp"
#include "system/team.hpp"
#include "system/watch.hpp"

namespace filbert {

/// So many operations that a watch looks at the clock.
inline constexpr std::size_t look_now = std::size_t{1} << 20;

/// How far a member has come.
struct Progress {
  MemberOutcome outcome = {};
  FitPosition position = {};
  BestEpoch best = {};
  bool ended = false;

  /// The mean cost by which members are compared, as MemberOutcome::score.
  double score() const;
  void end(Ending ending);
};

/// Members that one thread trains at a time: one, or several side by side.
using Unit = std::vector<std::size_t>;

/// Members of either type.
class Members {
 public:
  virtual ~Members() = default;
  virtual std::size_t size() const = 0;
  virtual const void* net(std::size_t i) const = 0;
  virtual const void* optimizer(std::size_t i) const = 0;
  /// About how many operations the training takes.
  virtual double work(std::size_t i) const = 0;
  /// Throws what is wrong with a member, which stays as it is.
  virtual void check(std::size_t i) const = 0;
  /// Puts together members that are trained side by side, in the order of the first of each unit,
  /// but not so many that one of the threads would have none.
  virtual std::vector<Unit> units(const std::vector<std::size_t>& members,
                                  std::size_t threads) const = 0;
  /// Trains the members of a unit, which nobody else does meanwhile, until so many epochs are done
  /// in total, or to their ends. all: of all members. What fails is told in the outcome; but what
  /// the watch's callback throws is thrown.
  virtual void train(const Unit& unit, std::vector<Progress>& all, std::size_t until,
                     Worker& worker, Watch& watch) const = 0;
  virtual void put_back(std::size_t i, const BestEpoch& best) const = 0;
};

std::unique_ptr<const Members> as_members(std::span<const Member> members);
std::unique_ptr<const Members> as_members(std::span<const Member64> members);

}  // namespace filbert
