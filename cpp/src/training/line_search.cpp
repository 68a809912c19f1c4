#include "training/line_search.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace filbert {
namespace {

constexpr double sufficient_decrease = 1e-3, curvature = 0.9, narrowest = 0.1;  // mu, eta, and of
constexpr double largest_step = 1e10;                                           // the interval

/// The square root in the formulas of cubic minimisers, scaled so that nothing overflows.
double cubic_root(double theta, double slope_a, double slope_b) {
  const double scale = std::max({std::abs(theta), std::abs(slope_a), std::abs(slope_b)});
  if (scale == 0.0) return 0.0;
  const double t = theta / scale;
  return scale * std::sqrt(std::max(0.0, t * t - (slope_a / scale) * (slope_b / scale)));
}

/// The theta of the cubic that has these costs and slopes.
double cubic_theta(const SearchPoint& a, const SearchPoint& b) {
  return 3.0 * (a.cost - b.cost) / (b.step - a.step) + a.slope + b.slope;
}

}  // namespace

LineSearch::LineSearch(const SearchPoint& start, double first)
    : start_(start),
      step_(std::min(first, largest_step)),
      best_(start),
      other_(start),
      most_(step_ + 4.0 * step_),
      width_(largest_step),
      width_before_(2.0 * largest_step) {}

LineSearch::Answer LineSearch::take(double cost, double slope) {
  const double least_slope = sufficient_decrease * start_.slope;
  const double enough = start_.cost + step_ * least_slope;
  if (first_stage_ && cost <= enough && slope >= 0.0) first_stage_ = false;
  if (cost <= enough && std::abs(slope) <= curvature * -start_.slope) return Answer::found;
  const bool narrow = most_ - least_ <= narrowest * most_;
  if ((bracketed_ && (step_ <= least_ || step_ >= most_ || narrow)) ||
      (step_ == largest_step && cost <= enough && slope <= least_slope) || step_ == 0.0) {
    return Answer::no_more;
  }

  SearchPoint point{step_, cost, slope};
  if (first_stage_ && cost <= best_.cost && cost > enough) {
    // The cost less what would be enough has a minimum nearby, where the cost itself may have none.
    const auto shifted = [&](const SearchPoint& p, double sign) {
      return SearchPoint{p.step, p.cost - sign * (p.step * least_slope),
                         p.slope - sign * least_slope};
    };
    SearchPoint best = shifted(best_, 1.0), other = shifted(other_, 1.0);
    advance(best, other, shifted(point, 1.0));
    best_ = shifted(best, -1.0);
    other_ = shifted(other, -1.0);
  } else {
    advance(best_, other_, point);
  }

  if (bracketed_) {
    const double width = std::abs(other_.step - best_.step);
    if (width >= 0.66 * width_before_) step_ = best_.step + 0.5 * (other_.step - best_.step);
    width_before_ = std::exchange(width_, width);
    least_ = std::min(best_.step, other_.step);
    most_ = std::max(best_.step, other_.step);
  } else {
    least_ = step_ + 1.1 * (step_ - best_.step);
    most_ = step_ + 4.0 * (step_ - best_.step);
  }
  step_ = std::clamp(step_, 0.0, largest_step);
  if (bracketed_ && (step_ <= least_ || step_ >= most_ || most_ - least_ <= narrowest * most_)) {
    step_ = best_.step;
  }
  return Answer::go_on;
}

void LineSearch::advance(SearchPoint& best, SearchPoint& other, const SearchPoint& point) {
  const double step = point.step, back = best.step - step;
  const bool turned = (point.slope < 0.0) != (best.slope < 0.0) && point.slope != 0.0;
  const double secant = step + point.slope / (point.slope - best.slope) * back;
  double next = 0.0;
  if (point.cost > best.cost) {
    // A higher cost: a minimum is bracketed. The cubic step is taken if it is nearer to the best
    // point than the quadratic one, else the mean of both.
    const double theta = cubic_theta(best, point);
    const double root =
        std::copysign(1.0, step - best.step) * cubic_root(theta, best.slope, point.slope);
    const double r = ((root - best.slope) + theta) / (((root - best.slope) + root) + point.slope);
    const double cubic = best.step + r * (step - best.step);
    const double chord = (best.cost - point.cost) / (step - best.step);
    const double quadratic =
        best.step + best.slope / (chord + best.slope) / 2.0 * (step - best.step);
    const bool nearer = std::abs(cubic - best.step) < std::abs(quadratic - best.step);
    next = nearer ? cubic : cubic + (quadratic - cubic) / 2.0;
    bracketed_ = true;
  } else if (turned) {
    // A lower cost and a slope of the other sign: bracketed. The farther step is taken.
    const double theta = cubic_theta(best, point);
    const double root =
        std::copysign(1.0, best.step - step) * cubic_root(theta, best.slope, point.slope);
    const double r = ((root - point.slope) + theta) / (((root - point.slope) + root) + best.slope);
    const double cubic = step + r * back;
    next = std::abs(cubic - step) > std::abs(secant - step) ? cubic : secant;
    bracketed_ = true;
  } else if (std::abs(point.slope) < std::abs(best.slope)) {
    // A lower cost and a smaller slope of the same sign. The cubic counts only if it goes to
    // infinity in the direction of the step, or its minimum lies beyond the step.
    const double theta = cubic_theta(best, point);
    const double root =
        std::copysign(1.0, best.step - step) * cubic_root(theta, best.slope, point.slope);
    const double r = ((root - point.slope) + theta) / ((root + (best.slope - point.slope)) + root);
    const double end = step > best.step ? most_ : least_;
    const double cubic = r < 0.0 && root != 0.0 ? step + r * back : end;
    const bool nearer = std::abs(cubic - step) < std::abs(secant - step);
    if (bracketed_) {
      next = nearer ? cubic : secant;
      const double limit = step + 0.66 * (other.step - step);
      next = step > best.step ? std::min(limit, next) : std::max(limit, next);
    } else {
      next = std::clamp(nearer ? secant : cubic, least_, most_);
    }
  } else if (bracketed_) {
    // A lower cost, and a slope of the same sign that is no smaller.
    const double theta = cubic_theta(point, other);
    const double root =
        std::copysign(1.0, other.step - step) * cubic_root(theta, other.slope, point.slope);
    const double r = ((root - point.slope) + theta) / (((root - point.slope) + root) + other.slope);
    next = step + r * (other.step - step);
  } else {
    next = step > best.step ? most_ : least_;
  }
  if (point.cost > best.cost) {
    other = point;
  } else {
    if (turned) other = best;
    best = point;
  }
  step_ = next;
}

}  // namespace filbert
