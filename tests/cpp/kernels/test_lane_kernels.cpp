// The kernels of networks side by side: in each lane the bits that the reference gives one network
// alone.
#include <cstddef>
#include <vector>

#include "kernels/products.hpp"
#include "kernels/tested.hpp"
#include "support/check.hpp"

using namespace tested;

namespace {

/// The numbers of one lane.
template <class T>
std::vector<T> lane_of(const T* numbers, std::size_t size, std::size_t lane, std::size_t lanes) {
  std::vector<T> own;
  for (std::size_t i = 0; i < size; ++i) own.push_back(numbers[i * lanes + lane]);
  return own;
}
template <class T>
void put_lane(T* numbers, const std::vector<T>& own, std::size_t lane, std::size_t lanes) {
  for (std::size_t i = 0; i < own.size(); ++i) numbers[i * lanes + lane] = own[i];
}

template <class T>
std::vector<const T*> rows_of(const std::vector<T>& matrix, std::size_t m, std::size_t k) {
  std::vector<const T*> rows;
  for (std::size_t i = 0; i < m; ++i) rows.push_back(matrix.data() + i * k);
  return rows;
}

template <class T>
void lane_kernels(const Tested<T>& test, std::size_t m, std::size_t n, std::size_t k, int variant) {
  int rest = variant;
  const Activation activation = activation_of(rest);
  const Numbers kind = kinds[rest % 3];
  const std::size_t lanes = test.kernels.lanes;
  test(text("interleave", m, n, 0, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    const T* const* rows = memory.rows(memory.numbers<T>(m * n * lanes, kind, 1), n, m * lanes);
    std::vector<const T* const*> tables;
    for (std::size_t lane = 0; lane < lanes; ++lane) tables.push_back(rows + lane * m);
    T* const to = memory.results<T>(m * n * lanes);
    if (kernels.lanes > 0) return kernels.interleave(to, tables.data(), m, n);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      for (std::size_t i = 0; i < m * n; ++i) to[i * lanes + lane] = tables[lane][i / n][i % n];
    }
  });
  test(text("forward_lanes", m, n, k, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    const T* x = memory.numbers<T>(m * k * lanes, kind, 1);
    const T* w = memory.numbers<T>(k * n * lanes, kind, 2);
    const T* b = memory.numbers<T>(n * lanes, Numbers::plain, 3);
    T* const z = memory.results<T>(m * n * lanes);
    T* const a = variant % 2 == 0 ? z : memory.results<T>(m * n * lanes);
    if (kernels.lanes > 0) return kernels.forward_lanes(z, a, x, w, b, activation, m, n, k);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const auto own_x = lane_of(x, m * k, lane, lanes), own_w = lane_of(w, k * n, lane, lanes),
                 own_b = lane_of(b, n, lane, lanes);
      std::vector<T> own_z(m * n), own_a(m * n);
      kernels.forward(own_z.data(), n, own_a.data(), n, rows_of(own_x, m, k).data(), 0,
                      own_w.data(), n, own_b.data(), activation, {true, true}, m, n, k, nullptr);
      put_lane(z, own_z, lane, lanes);
      put_lane(a, own_a, lane, lanes);
    }
  });
  test(text("backward_lanes", m, n, k, variant), [&](const Kernels<T>& kernels, Memory& memory) {
    const T* above = memory.numbers<T>(m * n * lanes, kind, 1);
    const T* w = memory.numbers<T>(k * n * lanes, kind, 2);
    const T* from = memory.numbers<T>(m * k * lanes, Numbers::plain, 3);
    const T* x = memory.numbers<T>(m * k * lanes, kind, 4);
    T* const dz = memory.results<T>(m * k * lanes);
    T* const dw = memory.results<T>((k + 1) * n * lanes);
    if (kernels.lanes > 0) {
      kernels.backward_input_lanes(dz, above, w, from, activation, m, k, n);
      return kernels.backward_weights_lanes(dw, x, above, m, k, n);
    }
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const auto own_above = lane_of(above, m * n, lane, lanes),
                 own_w = lane_of(w, k * n, lane, lanes),
                 own_from = lane_of(from, m * k, lane, lanes),
                 own_x = lane_of(x, m * k, lane, lanes);
      std::vector<T> own_dz(m * k), own_dw((k + 1) * n);
      kernels.backward_input(nullptr, 0, own_dz.data(), k, own_above.data(), n, own_w.data(), n,
                             own_from.data(), k, activation, m, k, n, nullptr);
      kernels.backward_weights(own_dw.data(), false, rows_of(own_x, m, k).data(), 0,
                               own_above.data(), n, m, k, n, nullptr);
      kernels.backward_bias(own_dw.data() + k * n, false, own_above.data(), n, m, n);
      put_lane(dz, own_dz, lane, lanes);
      put_lane(dw, own_dw, lane, lanes);
    }
  });
}

template <class T>
void all_sizes(const Tested<T>& test) {
  constexpr std::size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 17};
  int variant = 0;
  for (const std::size_t m : sizes) {
    for (const std::size_t n : sizes) {
      for (const std::size_t k : sizes) lane_kernels(test, m, n, k, ++variant);
    }
  }
}

}  // namespace

int main() {
  report_touched_memory();
  for (const filbert::KernelTables& tables : filbert::available_tables()) {
    for_types(tables, [](const auto& test) {
      if (test.kernels.lanes > 0) all_sizes(test);
    });
  }
  return check::report();
}
