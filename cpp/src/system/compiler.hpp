// What the core asks of the compiler beyond C++.
#pragma once

#if defined(_MSC_VER) && !defined(__clang__)
#define FILBERT_INLINE __forceinline
#define FILBERT_NOINLINE __declspec(noinline)
#define FILBERT_HOT
#define FILBERT_PREFETCH(p) static_cast<void>(p)
#define FILBERT_PREFETCH_NEAR(p) static_cast<void>(p)
#define FILBERT_FORGET(i) static_cast<void>(i)
#else
#ifndef FILBERT_INLINE  // kernels of plain loops are small rather than fast
#define FILBERT_INLINE __attribute__((always_inline)) inline
#endif
#define FILBERT_NOINLINE __attribute__((noinline))
// A function of every step of training. The linker lays these side by side: the code of a small
// network's step is as large as the first cache of instructions, and should not be spread over it.
#define FILBERT_HOT __attribute__((hot))
#define FILBERT_PREFETCH(p) __builtin_prefetch(p, 0, 2)       // to the second cache, for reading
#define FILBERT_PREFETCH_NEAR(p) __builtin_prefetch(p, 0, 3)  // to the first
// What was computed from the integer i is not kept in registers: here the compiler loses its value.
#define FILBERT_FORGET(i) __asm__ volatile("" : "+r"(i))
#endif

#if defined(__clang__)
#define FILBERT_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define FILBERT_UNROLL _Pragma("GCC unroll 16")
#else
#define FILBERT_UNROLL
#endif
