// Compares kernels with the reference: the same bits, with operands between pages that may not be
// touched.
#pragma once

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "kernels/dispatch.hpp"
#include "support/check.hpp"
#include "support/guarded.hpp"
#include "system/scratch.hpp"

namespace tested {

using filbert::Isa;
using filbert::Kernels;
using guarded::Memory;
using guarded::Numbers;

inline constexpr Numbers kinds[] = {Numbers::plain, Numbers::tiny, Numbers::special};

template <class T>
struct Tested {
  std::string name;
  const Kernels<T>& reference;
  const Kernels<T>& kernels;
  Memory& expected;
  Memory& got;
  T* scratch;

  /// call(kernels, memory) takes its operands from the memory; all of them must come out the same.
  template <class Call>
  void operator()(const std::string& what, Call call) const {
    {
      const check::Case at(name, what, "reference");
      expected.reset(true);
      call(reference, expected);
    }
    for (const bool at_end : {true, false}) {
      const check::Case at(name, what, at_end ? "guard after" : "guard before");
      got.reset(at_end);
      call(kernels, got);
      CHECK(expected == got);
    }
  }
};

inline std::string text(const std::string& kernel, std::size_t m, std::size_t n, std::size_t k,
                        int variant) {
  return kernel + " m=" + std::to_string(m) + " n=" + std::to_string(n) +
         " k=" + std::to_string(k) + " variant=" + std::to_string(variant);
}

/// Elements of a matrix whose last row has no padding.
inline std::size_t extent(std::size_t rows, std::size_t cols, std::size_t ld) {
  return (rows - 1) * ld + cols;
}

/// Calls test(isa, Tested<T>) for both types of a table.
template <class Test>
void for_types(const filbert::KernelTables& tables, Test test) {
  const filbert::KernelTables reference = filbert::reference_tables();
  const auto type = [&]<class T>(const Kernels<T>& expected_of, const Kernels<T>& kernels) {
    static Memory expected(16 << 20), got(16 << 20), room(filbert::scratch_bytes, 1);
    room.reset(true);
    T* scratch = room.place<T>(filbert::scratch_bytes / sizeof(T));
    std::fill_n(scratch, filbert::scratch_bytes / sizeof(T), std::numeric_limits<T>::quiet_NaN());
    const char* const name = sizeof(T) == 4 ? " float" : " double";
    test(Tested<T>{std::string(to_string(tables.isa)) + name, expected_of, kernels, expected, got,
                   scratch});
  };
  type(*reference.floats, *tables.floats);
  type(*reference.doubles, *tables.doubles);
}

/// Says which case was at work when memory was touched that belongs to no operand.
inline void report_touched_memory() {
  std::signal(SIGSEGV, [](int) {
    std::fprintf(stderr, "memory beside an operand touched: %s\n", check::AnyCase::all().c_str());
    std::_Exit(1);
  });
}

}  // namespace tested
