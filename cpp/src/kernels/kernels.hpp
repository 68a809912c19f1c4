// The table of kernels: everything that computes, as plain functions over pointers and strides.
// One table for each instruction set and type; the reference fills every slot, an ISA overrides
// those where it is better. docs/numerics.md says which operations make up each result, so every
// table gives the same bits. Kernels cannot fail and do not allocate.
//
// In all of them: outputs first, then inputs, then sizes. Strides (ld..) count elements. The rows
// of a batch come as pointers, so that a shuffled batch needs no copy. Outputs are overwritten.
// `scratch` is memory of the calling thread (system/scratch.hpp), aligned to a cache line.
#pragma once

#include <cstddef>
#include <cstdint>

#include "filbert/activation.hpp"
#include "filbert/loss.hpp"
#include "system/strict_floats.hpp"

namespace filbert {

/// One batch at the output layer: from z and the targets to a, C_0 and the derivatives.
template <class T>
struct OutputBatch {
  T* cost;                     // (m): C_0 of each row
  std::int32_t* correct;       // (m): whether the class is right, or how many outputs are; or null
  T* dz;                       // (m, n): dC_0/dz
  T* da;                       // (m, n): dC_0/da; or null
  T* a;                        // (m, n)
  const T* z;                  // (m, n)
  std::size_t ld;              // stride of all five
  const T* const* y;           // (m) rows of n targets; or null:
  const std::int32_t* labels;  // (m): y is 1 at the label, else 0
  const T* weights;            // (m): of each row, times its cost, dz and da; or null: all 1
  std::size_t m, n;
  Activation activation;
  Loss loss;
};

/// The most buffers of state that an update rule keeps, and the most numbers of its own in a step.
constexpr std::size_t most_state = 3, most_numbers = 12;

/// One step of an update rule; every number is rounded to T once for all parameters.
template <class T>
struct UpdateStep {
  std::size_t rule = 0;                      // its place in Rule
  T scale = 1;                               // of the summed gradient
  T weight_decay = 0, l1 = 0, l2_twice = 0;  // what is added to the gradient then
  T numbers[most_numbers] = {};              // the rule's own, in the order of its Numbers
};

/// What an update rule changes: parameters, and the buffers of state that it keeps of them.
template <class T>
struct UpdateBuffers {
  T* w = nullptr;
  T* state[most_state] = {};  // null where the rule keeps none
};

/// A part of a chain of fused multiply-adds.
struct Chain {
  bool starts, ends;
};

/// A keyed bijection of 0 .. size - 1: an unbalanced Feistel network over the next power of two,
/// walked until it lands inside (Black and Rogaway 2002): less than two walks on average, but for
/// the smallest sets. Its rounds mix by the finaliser of MurmurHash3 (Appleby 2011).
struct Permutation {
  static constexpr int rounds = 8;
  std::uint64_t size;
  unsigned left_bits, right_bits;  // of an index; at most 32
  std::uint32_t keys[rounds];
};

template <class T>
struct Kernels {
  /// z = b + x W, a = activation(z), elementwise ones only; z or a may be null, or z == a.
  /// z, a: (m, n); x: (m) rows, of which columns first .. first + k - 1; w: (k, n); b: (n).
  /// chain: which part of each output's chain these k are. One that does not start goes on from z,
  /// or from a where z is null; one that does not end stays there without activation.
  void (*forward)(T* z, std::size_t ldz, T* a, std::size_t lda, const T* const* x,
                  std::size_t first, const T* w, std::size_t ldw, const T* b, Activation activation,
                  Chain chain, std::size_t m, std::size_t n, std::size_t k, T* scratch);

  /// The layer below: da = dz_above W^T, dz = activation'(a) da; da or dz may be null.
  /// da, dz, a: (m, k); dz_above: (m, n); w: (k, n).
  void (*backward_input)(T* da, std::size_t ldda, T* dz, std::size_t lddz, const T* dz_above,
                         std::size_t ld_above, const T* w, std::size_t ldw, const T* a,
                         std::size_t lda, Activation activation, std::size_t m, std::size_t k,
                         std::size_t n, T* scratch);

  /// dw = x^T dz. adds: to the sums over rows before these, whose number is a multiple of
  /// row_block. dw: (k, n) without padding; x: (m) rows, of which columns first .. first + k - 1;
  /// dz: (m, n).
  void (*backward_weights)(T* dw, bool adds, const T* const* x, std::size_t first, const T* dz,
                           std::size_t lddz, std::size_t m, std::size_t k, std::size_t n,
                           T* scratch);

  /// dw, and at once the update of w with it: dw stays in the cache. m: at most row_block.
  /// buffers: from `at` on, w and the state of (k, n) without padding, updated.
  void (*backward_weights_update)(const UpdateBuffers<T>& buffers, std::size_t at,
                                  const UpdateStep<T>& step, const T* const* x, std::size_t first,
                                  const T* dz, std::size_t lddz, std::size_t m, std::size_t k,
                                  std::size_t n, T* scratch);

  /// db = sum of the rows of dz.  adds: as in backward_weights; db: (n); dz: (m, n).
  void (*backward_bias)(T* db, bool adds, const T* dz, std::size_t lddz, std::size_t m,
                        std::size_t n);

  /// a = softmax of each row of z; a == z allowed.  a, z: (m, n).
  void (*softmax)(T* a, std::size_t lda, const T* z, std::size_t ldz, std::size_t m, std::size_t n);

  void (*output)(const OutputBatch<T>& batch);

  /// dz from da = dC/da, through any activation.  dz, da, a: (m, n).
  void (*output_derivative)(T* dz, std::size_t lddz, const T* da, std::size_t ldda, const T* a,
                            std::size_t lda, Activation activation, std::size_t m, std::size_t n);

  /// buffers: at .. at + size - 1, updated; g: (size), the summed gradient.
  void (*update)(const UpdateBuffers<T>& buffers, std::size_t at, const UpdateStep<T>& step,
                 const T* g, std::size_t size);

  /// rows[i] = where the permutation takes first + i.  rows: (count); first + count: at most its
  /// size.
  void (*permute)(std::uint64_t* rows, const Permutation& permutation, std::uint64_t first,
                  std::size_t count);

  /// Index of the first element that is not finite, or size.
  std::size_t (*first_nonfinite)(const T* x, std::size_t size);
};

}  // namespace filbert
