// What kernels ask of the compiler beyond C++.
#pragma once

#if defined(_MSC_VER) && !defined(__clang__)
#define FILBERT_INLINE __forceinline
#define FILBERT_NOINLINE __declspec(noinline)
#define FILBERT_PREFETCH(p) static_cast<void>(p)
#else
#define FILBERT_INLINE __attribute__((always_inline)) inline
#define FILBERT_NOINLINE __attribute__((noinline))
#define FILBERT_PREFETCH(p) __builtin_prefetch(p, 0, 2)  // to the second cache, for reading
#endif

#if defined(__clang__)
#define FILBERT_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define FILBERT_UNROLL _Pragma("GCC unroll 16")
#else
#define FILBERT_UNROLL
#endif
