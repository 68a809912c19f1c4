#include "network/order_statistics.hpp"

#include <algorithm>
#include <cstdint>

#include "filbert/threads.hpp"
#include "system/team.hpp"

namespace filbert {
namespace {

constexpr std::size_t slab_columns = 8;  // are read together, as they share cache lines

/// Fills the quantiles of a column from its numbers, of which there is at least one.
void fill_quantiles(double* quantiles, std::size_t each, double* numbers, std::size_t count) {
  const auto put = [&](std::size_t i, auto number_at) {
    const std::uint64_t last = count - 1, steps = each > 1 ? each - 1 : 1;
    const std::uint64_t place = i * last, whole = place / steps, rest = place % steps;
    const double low = number_at(static_cast<std::size_t>(whole));
    if (rest == 0) {
      quantiles[i] = low;
      return;
    }
    const double high = number_at(static_cast<std::size_t>(whole) + 1);
    quantiles[i] = low + (high - low) * (static_cast<double>(rest) / static_cast<double>(steps));
  };
  if (each <= 8) {           // a few of them can be found without sorting
    std::size_t sorted = 0;  // numbers before this one are where they belong
    for (std::size_t i = 0; i < each; ++i) {
      put(i, [&](std::size_t at) {
        if (at >= sorted) {
          std::nth_element(numbers + sorted, numbers + at, numbers + count);
          sorted = at + 1;
        }
        return numbers[at];
      });
    }
  } else {
    std::sort(numbers, numbers + count);
    for (std::size_t i = 0; i < each; ++i) put(i, [&](std::size_t at) { return numbers[at]; });
  }
  // Rounding may have moved an interpolated one beyond its neighbour.
  for (std::size_t i = 1; i < each; ++i) quantiles[i] = std::max(quantiles[i], quantiles[i - 1]);
}

}  // namespace

std::vector<double> order_statistics(const TableRows& rows, std::size_t each, Pieces& pieces) {
  const std::size_t sampled = sampled_rows(rows.count);
  const std::size_t slabs = (rows.columns - 1) / slab_columns + 1;
  std::vector<double> quantiles(rows.columns * each);
  const std::size_t operations = 64 * slab_columns * sampled;
  const std::size_t threads =
      std::min({get_threads(), Worker::useful_threads(operations * slabs), slabs});
  std::vector<double> memory(threads * slab_columns * sampled);
  // Each round takes a slab for each thread, so that somebody can be asked between two of them.
  pieces.steps((slabs - 1) / threads + 1, operations, [&](std::size_t round) {
    const auto slab_of = [&](std::size_t thread) {
      const std::size_t slab = round * threads + thread;
      if (slab >= slabs) return;
      const std::size_t first = slab * slab_columns;
      const std::size_t columns = std::min(slab_columns, rows.columns - first);
      double* const numbers = memory.data() + thread * slab_columns * sampled;
      std::size_t counts[slab_columns] = {};
      for (std::size_t i = 0; i < sampled; ++i) {
        // rows.count is below 2^47, so that the product fits.
        const std::uint64_t row = static_cast<std::uint64_t>(i) * rows.count / sampled;
        double values[slab_columns];
        rows.read(static_cast<std::size_t>(row), first, columns, values);
        for (std::size_t j = 0; j < columns; ++j) {
          if (values[j] != values[j]) continue;
          numbers[j * sampled + counts[j]++] = values[j] + 0.0;  // -0 becomes +0
        }
      }
      for (std::size_t j = 0; j < columns; ++j) {
        double* const to = quantiles.data() + (first + j) * each;
        if (counts[j] == 0) numbers[j * sampled + counts[j]++] = 0.0;  // only NaNs were looked at
        fill_quantiles(to, each, numbers + j * sampled, counts[j]);
      }
    };
    run_team(threads, [&](Worker& worker) {
      // Whatever team there is, all slabs of the round are done.
      for (std::size_t thread = worker.index(); thread < threads; thread += worker.count()) {
        slab_of(thread);
      }
    });
  });
  return quantiles;
}

}  // namespace filbert
