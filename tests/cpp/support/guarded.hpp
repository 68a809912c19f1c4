// Memory between pages that may not be touched. A kernel that reads or writes beside its operands
// crashes, and two kernels that write different bits are told apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#else
#include <cstdlib>
#endif

namespace guarded {

inline std::uint64_t random_bits(std::uint64_t seed, std::uint64_t i) {  // splitmix64
  std::uint64_t z = seed * 0xD1B54A32D192ED03 + i * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

enum class Numbers {
  plain,    // -1 to 1
  tiny,     // so small that products and sums are subnormal; and zeros of both signs
  special,  // plain, with NaNs, infinities, zeros, subnormals and the largest here and there
  unit,     // 0 to 1, with zeros and ones: probabilities
};

template <class T>
T number(Numbers kind, std::uint64_t seed, std::uint64_t i) {
  using Limits = std::numeric_limits<T>;
  const std::uint64_t bits = random_bits(seed, i);
  const T unit = static_cast<T>(static_cast<double>(bits >> 11) * 0x1p-53);
  const T plain = T(2) * unit - T(1);
  const std::uint64_t choice = random_bits(seed + 1, i);
  if (kind == Numbers::tiny) {
    constexpr T root = sizeof(T) == 4 ? T(0x1p-64) : T(0x1p-512);
    if (choice % 8 < 2) return choice % 8 == 0 ? T(0) : -T(0);
    return plain * root;
  }
  if (kind == Numbers::special && choice % 24 == 0) {
    const T odd[] = {Limits::quiet_NaN(),
                     -Limits::quiet_NaN(),
                     Limits::infinity(),
                     -Limits::infinity(),
                     T(0),
                     -T(0),
                     Limits::denorm_min(),
                     -Limits::min() / 2,
                     Limits::min(),
                     Limits::max(),
                     -Limits::max(),
                     T(1)};
    return odd[(choice >> 32) % std::size(odd)];
  }
  if (kind == Numbers::unit) return choice % 6 < 2 ? T(choice % 6) : unit;
  return plain;
}

template <class T>
std::vector<T> numbers(Numbers kind, std::size_t size, std::uint64_t seed) {
  std::vector<T> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = number<T>(kind, seed, i);
  return values;
}

/// A few operands. Each lies next to a page that may not be touched, which comes after its last
/// element or before its first one.
class Memory {
 public:
  explicit Memory(std::size_t most_bytes, std::size_t operands = 12) {
#if defined(__unix__) || defined(__APPLE__)
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    room_ = (most_bytes + page - 1) / page * page;
    for (std::size_t i = 0; i < operands; ++i) {
      void* all = mmap(nullptr, room_ + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (all == MAP_FAILED) std::abort();
      areas_.push_back(static_cast<unsigned char*>(all) + page);
      if (mprotect(areas_.back(), room_, PROT_READ | PROT_WRITE) != 0) std::abort();
    }
#else
    room_ = most_bytes;
    for (std::size_t i = 0; i < operands; ++i) {
      areas_.push_back(static_cast<unsigned char*>(std::calloc(room_, 1)));
    }
#endif
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// Forgets all operands; the next ones lie at the end of their areas, or at the beginning.
  void reset(bool at_end) {
    at_end_ = at_end;
    used_ = 0;
    operands_.clear();
  }

  /// An operand of `count` numbers, which is part of the comparison.
  template <class T>
  T* numbers(std::size_t count, Numbers kind, std::uint64_t seed) {
    T* data = place<T>(count);
    for (std::size_t i = 0; i < count; ++i) data[i] = number<T>(kind, seed, i);
    operands_.push_back({data, count, sizeof(T), std::is_floating_point_v<T>});
    return data;
  }

  /// Memory for results. It is filled as well, so that a kernel is seen to leave the rest alone.
  template <class T>
  T* results(std::size_t count) {
    return numbers<T>(count, Numbers::plain, 99);
  }

  /// Memory for anything that is not compared.
  template <class T>
  T* place(std::size_t count) {
    if (used_ == areas_.size() || count * sizeof(T) > room_) std::abort();
    unsigned char* area = areas_[used_++];
    return reinterpret_cast<T*>(at_end_ ? area + room_ - count * sizeof(T) : area);
  }

  /// Pointers to the rows of a matrix, in an order other than that in memory.
  template <class T>
  const T* const* rows(const T* data, std::size_t ld, std::size_t count) {
    const T** pointers = place<const T*>(count);
    for (std::size_t i = 0; i < count; ++i) pointers[i] = data + (i * 7 + 3) % count * ld;
    if (count % 7 == 0) {
      for (std::size_t i = 0; i < count; ++i) pointers[i] = data + (count - 1 - i) * ld;
    }
    return pointers;
  }

  /// Whether all operands have the same bits, apart from the payloads of NaNs.
  bool operator==(const Memory& other) const {
    if (operands_.size() != other.operands_.size()) return false;
    for (std::size_t i = 0; i < operands_.size(); ++i) {
      const Operand &a = operands_[i], &b = other.operands_[i];
      if (a.count != b.count || a.width != b.width) return false;
      const bool narrow = a.width == 4;
      const bool same = a.floats ? (narrow ? same_bits<float>(a, b) : same_bits<double>(a, b))
                        : narrow ? same_bits<std::uint32_t>(a, b)
                                 : same_bits<std::uint64_t>(a, b);
      if (!same) return false;
    }
    return true;
  }

 private:
  struct Operand {
    const void* data;
    std::size_t count, width;
    bool floats;
  };

  template <class T>
  static bool same_bits(const Operand& a, const Operand& b) {
    const T *x = static_cast<const T*>(a.data), *y = static_cast<const T*>(b.data);
    for (std::size_t i = 0; i < a.count; ++i) {
      if (std::memcmp(x + i, y + i, sizeof(T)) != 0 && !(x[i] != x[i] && y[i] != y[i])) {
        return false;
      }
    }
    return true;
  }

  std::size_t room_ = 0, used_ = 0;
  bool at_end_ = true;
  std::vector<unsigned char*> areas_;
  std::vector<Operand> operands_;
};

}  // namespace guarded
