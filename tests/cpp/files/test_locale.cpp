// Files and messages are the same under a locale that writes numbers in another way.
#include <cstddef>
#include <locale>
#include <string>
#include <variant>
#include <vector>

#include "filbert/filbert.hpp"
#include "files/json.hpp"
#include "support/check.hpp"
#include "system/cpu_count.hpp"

using filbert::FormatError;

namespace {

/// A locale that writes 1234.5 as 1.234,5, as many do; made here, as a system may have none.
struct Grouped : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

/// Of everything that holds numbers as text.
std::vector<std::byte> bytes_with_numbers() {
  const filbert::Optimizer adam = filbert::Adam({.learning_rate = 1234.5});
  std::vector<std::byte> bytes = filbert::to_bytes(filbert::Network({1500, 1}));
  const std::vector<std::byte> more = filbert::to_bytes(adam);
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

void numbers_in_another_locale() {
  const std::vector<std::byte> expected = bytes_with_numbers();
  const std::size_t cores = filbert::cpu_count();
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Grouped));
  filbert::Network net({1500, 1});
  filbert::Workspace workspace(net);
  const float x[2] = {};
  CHECK_THROWS(std::invalid_argument, filbert::forward(net, {x, 1, 2}, workspace),
               "x: expected 1500 columns, got 2");
  CHECK_THROWS(std::invalid_argument, filbert::set_threads(12345678),
               "threads: expected at most 1024, got 12345678");
  CHECK_THROWS(std::invalid_argument, filbert::Optimizer(filbert::Sgd{.learning_rate = -1234.5}),
               "got -1234.5");
  CHECK_THROWS(FormatError, filbert::JsonReader(std::string(1500, ' ') + "1", "text").string(1),
               "text, byte 1500: ");
  CHECK(bytes_with_numbers() == expected);
  CHECK_EQ(std::get<filbert::Network>(filbert::from_bytes(filbert::to_bytes(net))).inputs(),
           std::size_t{1500});
  CHECK_EQ(filbert::optimizer_from_bytes(filbert::to_bytes(filbert::Sgd({.learning_rate = 1234.5})))
               .learning_rate(),
           1234.5);
  CHECK_EQ(filbert::cpu_count(), cores);
  std::locale::global(before);
}

}  // namespace

int main() {
  numbers_in_another_locale();
  return check::report();
}
