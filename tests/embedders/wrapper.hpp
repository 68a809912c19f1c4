// A parent's own interface, which says nothing of filbert.
#pragma once

/// The slope and the intercept of y = 2 x + 1, learned.
struct Line {
  float slope, intercept;
};

Line learned_line();
