// Sets the default floating-point mode of IEEE 754 for the life of a scope: rounding to nearest,
// and no flushing of subnormal numbers to zero. It is needed because other libraries turn flushing
// on, and a thread inherits the mode of the thread that created it.
#pragma once

#include <cstdint>

#include "system/strict_floats.hpp"

#if defined(__SSE2__) || defined(_M_X64)
#include <xmmintrin.h>
#elif defined(_M_ARM64)
#include <intrin.h>
#endif

namespace filbert {

class FloatMode {
 public:
  FloatMode() noexcept : before_(read()) {
    if (control(before_) != standard) write((before_ & ~mask) | standard);
  }
  ~FloatMode() {
    if (control(before_) != standard) write((read() & ~mask) | control(before_));
  }
  FloatMode(const FloatMode&) = delete;
  FloatMode& operator=(const FloatMode&) = delete;

 private:
#if defined(__SSE2__) || defined(_M_X64)
  using Word = std::uint32_t;
  static constexpr Word mask = 0xFFC0;      // all but the sticky exception flags
  static constexpr Word standard = 0x1F80;  // exceptions masked, to nearest, no FTZ, no DAZ
  static Word read() noexcept { return _mm_getcsr(); }
  static void write(Word word) noexcept { _mm_setcsr(word); }
#elif defined(__aarch64__)
  using Word = std::uint64_t;
  static constexpr Word mask = 0x07F79F00;  // AHP, DN, FZ, RMode, FZ16 and the trap enables
  static constexpr Word standard = 0;
  static Word read() noexcept {
    Word word;
    __asm__ volatile("mrs %0, fpcr" : "=r"(word));
    return word;
  }
  static void write(Word word) noexcept { __asm__ volatile("msr fpcr, %0" : : "r"(word)); }
#elif defined(_M_ARM64)
  using Word = std::uint64_t;
  static constexpr Word mask = 0x07F79F00;
  static constexpr Word standard = 0;
  static Word read() noexcept { return static_cast<Word>(_ReadStatusReg(0x5A20)); }
  static void write(Word word) noexcept {
    _WriteStatusReg(0x5A20, static_cast<std::int64_t>(word));
  }
#else
  using Word = std::uint32_t;  // no such mode is known for this processor
  static constexpr Word mask = 0;
  static constexpr Word standard = 0;
  static Word read() noexcept { return 0; }
  static void write(Word) noexcept {}
#endif
  static Word control(Word word) noexcept { return word & mask; }

  Word before_;
};

}  // namespace filbert
