// What is required of names, labels and other texts that a network keeps and a file holds.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "system/check.hpp"
#include "system/utf8.hpp"

namespace filbert {

inline void require_text(const char* what, const std::string& text) {
  require(is_utf8(text), what, ": expected names in UTF-8, got one that is not");
  require(text.find('\0') == text.npos, what, ": expected no NUL in a name");
}

/// Throws unless each label, value or whatever its kind is called is there once.
template <class Label>
void require_distinct(const char* what, const char* kind, const std::vector<Label>& labels) {
  const bool increasing =
      std::ranges::adjacent_find(labels, std::greater_equal<>{}) == labels.end();
  if (increasing) return;
  std::vector<const Label*> sorted(labels.size());
  std::ranges::transform(labels, sorted.begin(), [](const Label& label) { return &label; });
  const auto value = [](const Label* label) -> const Label& { return *label; };
  std::ranges::sort(sorted, {}, value);
  const auto twice = std::ranges::adjacent_find(sorted, {}, value);
  require(twice == sorted.end(), what, ": expected each ", kind, " once, got '",
          twice == sorted.end() ? Label{} : **twice, "' twice");
}

}  // namespace filbert
