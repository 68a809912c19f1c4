// How far to go along a direction: the line search of Moré and Thuente (Line search algorithms with
// guaranteed sufficient decrease, ACM Transactions on Mathematical Software 20, 1994).
#pragma once

namespace filbert {

/// A step along the direction, and what the cost is after it.
struct SearchPoint {
  double step = 0.0;
  double cost = 0.0;
  double slope = 0.0;  // the derivative of the cost with respect to the step
};

/// Looks for a step t that meets the strong Wolfe conditions, cost(t) <= cost(0) + mu t slope(0)
/// and |slope(t)| <= eta |slope(0)|, with mu = 0.001 and eta = 0.9. docs/numerics.md lists the
/// operations, all in double.
class LineSearch {
 public:
  enum class Answer {
    go_on,   // the cost is wanted after step()
    found,   // the last point meets the conditions
    no_more  // rounding allows no better point than the last one
  };

  /// start: its step is 0, and its slope below 0. first: the step to try first, above 0.
  LineSearch(const SearchPoint& start, double first);

  double step() const { return step_; }
  /// The point of lowest cost that the interval begins with. Its step is 0 if no other was better.
  const SearchPoint& best() const { return best_; }

  /// Takes the finite cost and slope after step().
  Answer take(double cost, double slope);

 private:
  SearchPoint start_;
  double step_;
  SearchPoint best_, other_;   // the ends of the interval of uncertainty
  bool bracketed_ = false;     // whether a minimum lies between them
  bool first_stage_ = true;    // until a point has a sufficiently low cost and a slope >= 0
  double least_ = 0.0, most_;  // what the next step may be
  double width_, width_before_;

  /// Chooses the next step, and shrinks the interval, by the point at step().
  void advance(SearchPoint& best, SearchPoint& other, const SearchPoint& point);
};

}  // namespace filbert
