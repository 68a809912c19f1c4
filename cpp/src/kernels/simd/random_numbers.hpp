// The random numbers of a step: which activations dropout keeps, and normal numbers; over a vector
// type V. Blocks of the random generator lie side by
// side in lanes of 64 bits, because their multiplications have results of 64 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/kernels.hpp"
#include "kernels/simd/rules.hpp"
#include "kernels/vec/normal_quantile.hpp"
#include "kernels/vec/philox.hpp"
#include "system/compiler.hpp"

namespace filbert {
namespace {

/// The numbers 0 .. 15 as lanes of 64 bits.
struct Indices {
  double bits[RandomStream::blocks];
};
constexpr Indices indices = [] {
  Indices all{};
  for (int i = 0; i < static_cast<int>(RandomStream::blocks); ++i) {
    all.bits[i] = __builtin_bit_cast(double, std::int64_t{i});
  }
  return all;
}();

/// Blocks of Philox4x32-10, one in each lane of W. The upper half of a lane may be anything, here
/// and in the results: nothing of it comes into a lower half.
template <class W>
struct PhiloxBlocks {
  typename W::ireg words[4];

  FILBERT_INLINE static typename W::ireg set1(std::uint32_t x) {
    return W::iset1(static_cast<std::int64_t>(x));
  }

  /// One round; key0, key1: of that round.
  FILBERT_INLINE void round(typename W::ireg key0, typename W::ireg key1) {
    using C = PhiloxConstants;
    const typename W::ireg a = W::imul_low(words[0], set1(C::multiplier0));
    const typename W::ireg b = W::imul_low(words[2], set1(C::multiplier1));
    words[0] = W::ixor(W::ixor(W::template ishr<32>(b), words[1]), key0);
    words[1] = b;
    words[2] = W::ixor(W::ixor(W::template ishr<32>(a), words[3]), key1);
    words[3] = a;
  }
};

/// Computes the words of the 64 elements of a chunk, as integers of the width of T. Two vectors of
/// blocks at a time hide each other's latency. Where T has 32 bits, one of them has the even blocks
/// and the other one the odd ones, whose words then take the upper halves of the lanes.
template <class V>
FILBERT_INLINE void random_words(typename V::scalar* words, const RandomStream& stream,
                                 std::uint64_t chunk) {
  using W = typename V::wide;
  using C = PhiloxConstants;
  constexpr bool narrow = sizeof(typename V::scalar) == 4;
  constexpr std::size_t lanes = W::lanes, blocks = RandomStream::blocks;
  const std::uint64_t first = chunk * blocks;  // its low half ends with four zeros
  for (std::size_t i = 0; i < blocks; i += 2 * lanes) {
    PhiloxBlocks<W> pair[2];
    for (std::size_t h = 0; h < 2; ++h) {
      typename W::ireg block = W::to_bits(W::load(indices.bits + (narrow ? 0 : i + h * lanes)));
      if constexpr (narrow) {
        block = W::iadd(W::template ishl<1>(block), W::iset1(static_cast<std::int64_t>(i + h)));
      }
      pair[h].words[0] = W::iadd(block, PhiloxBlocks<W>::set1(static_cast<std::uint32_t>(first)));
      pair[h].words[1] =
          PhiloxBlocks<W>::set1(static_cast<std::uint32_t>(first >> 32) ^ stream.high);
      pair[h].words[2] = PhiloxBlocks<W>::set1(stream.stream);
      pair[h].words[3] = PhiloxBlocks<W>::set1(stream.epoch);
    }
    auto key0 = static_cast<std::uint32_t>(stream.key);
    auto key1 = static_cast<std::uint32_t>(stream.key >> 32);
    FILBERT_UNROLL
    for (int round = 0; round < C::rounds; ++round) {
      const typename W::ireg k0 = PhiloxBlocks<W>::set1(key0), k1 = PhiloxBlocks<W>::set1(key1);
      pair[0].round(k0, k1);
      pair[1].round(k0, k1);
      key0 += C::key0;
      key1 += C::key1;
    }
    const typename W::ireg low = PhiloxBlocks<W>::set1(0xFFFFFFFF);
    for (std::size_t word = 0; word < 4; ++word) {
      const typename W::ireg even = W::iand(pair[0].words[word], low);
      if constexpr (narrow) {
        const typename W::ireg both = W::ior(even, W::template ishl<32>(pair[1].words[word]));
        double lanes_of_both[lanes];
        W::store(lanes_of_both, W::from_bits(both));
        std::memcpy(words + word * blocks + i, lanes_of_both, sizeof(lanes_of_both));
      } else {
        W::store(words + word * blocks + i, W::from_bits(even));
        W::store(words + word * blocks + i + lanes,
                 W::from_bits(W::iand(pair[1].words[word], low)));
      }
    }
  }
}

/// Calls make(numbers, chunk), which computes the 64 numbers of a chunk, for each chunk that
/// elements first .. first + size - 1 are in, and puts those of these elements into `to`.
template <class T, class Make>
FILBERT_INLINE void for_chunks(T* to, std::uint64_t first, std::size_t size, Make make) {
  constexpr std::size_t most = RandomStream::chunk;
  for (std::size_t done = 0; done < size;) {
    const std::uint64_t at = first + done;
    const auto begin = static_cast<std::size_t>(at % most);
    const std::size_t count = size - done < most - begin ? size - done : most - begin;
    if (count == most) {
      make(to + done, at / most);
    } else {
      T part[most];
      make(part, at / most);
      std::memcpy(to + done, part + begin, count * sizeof(T));
    }
    done += count;
  }
}

template <class V>
FILBERT_NOINLINE void dropout_chunk(typename V::scalar* factors, const RandomStream& stream,
                                    std::uint64_t chunk, const Keep<typename V::scalar>& keep) {
  const typename V::ireg threshold = V::iset1(static_cast<typename V::iscalar>(keep.threshold));
  const typename V::reg kept = V::set1(keep.factor), zero = V::set1(0), one = V::set1(1);
  typename V::scalar words[RandomStream::chunk];
  random_words<V>(words, stream, chunk);
  for (std::size_t i = 0; i < RandomStream::chunk; i += V::lanes) {
    const typename V::ireg word = V::to_bits(V::load(words + i));
    const typename V::ireg rest = V::isub(V::template ishr<1>(word), threshold);
    const auto below = V::lt(V::copysign(one, V::from_bits(rest)), zero);
    V::store(factors + i, V::select(below, zero, kept));
  }
}

template <class V>
void dropout(typename V::scalar* factors, const RandomStream& stream, std::uint64_t first,
             const Keep<typename V::scalar>& keep, std::size_t size) {
  for_chunks(factors, first, size, [&](typename V::scalar* to, std::uint64_t chunk) {
    dropout_chunk<V>(to, stream, chunk, keep);
  });
}

/// The normal numbers of a chunk, as doubles.
template <class W>
FILBERT_NOINLINE void normal_chunk(double* z, const RandomStream& stream, std::uint64_t chunk) {
  const typename W::reg two52 = W::set1(0x1p52);
  random_words<W>(z, stream, chunk);
  for (std::size_t i = 0; i < RandomStream::chunk; i += W::lanes) {
    // With the bits of 2^52 above it, a word is the double 2^52 + word.
    const typename W::ireg bits = W::ior(W::to_bits(W::load(z + i)), W::to_bits(two52));
    const typename W::reg word = W::sub(W::from_bits(bits), two52);
    const typename W::reg u = W::fma(word, W::set1(0x1p-32), W::set1(0x1p-33));  // exact
    W::store(z + i, math::normal_quantile<W>(u));
  }
}

template <class V>
void normal(typename V::scalar* z, const RandomStream& stream, std::uint64_t first,
            std::size_t size) {
  using T = typename V::scalar;
  for_chunks(z, first, size, [&](T* to, std::uint64_t chunk) {
    double numbers[RandomStream::chunk];
    normal_chunk<typename V::wide>(numbers, stream, chunk);
    for (std::size_t i = 0; i < RandomStream::chunk; ++i) to[i] = static_cast<T>(numbers[i]);
  });
}

template <class V>
void add_multiple(typename V::scalar* out, const typename V::scalar* x, typename V::scalar factor,
                  const typename V::scalar* z, std::size_t size) {
  const typename V::reg multiple = V::set1(factor);
  for_parts<V>(size, [&](std::size_t i, auto... part) {
    const typename V::reg sum = V::fma(multiple, V::load(z + i, part...), V::load(x + i, part...));
    V::store(out + i, sum, part...);
  });
}

template <class V>
void multiply_kept(typename V::scalar* out, const typename V::scalar* in,
                   const typename V::scalar* factors, std::size_t size) {
  const typename V::reg zero = V::set1(0);
  for_parts<V>(size, [&](std::size_t i, auto... part) {
    const typename V::reg factor = V::load(factors + i, part...);
    const typename V::reg product = V::mul(V::load(in + i, part...), factor);
    V::store(out + i, V::select(V::ne(factor, zero), product, zero), part...);
  });
}

}  // namespace
}  // namespace filbert
