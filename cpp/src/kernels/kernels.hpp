// The table of kernels: all arithmetic on arrays, as plain functions over pointers and strides.
// There is one table for each instruction set and type. docs/numerics.md says which operations make
// up each result, so that all tables give the same bits. Kernels cannot fail and do not allocate.
//
// The arguments of all kernels are outputs first, then inputs, then sizes. Outputs are overwritten
// unless a comment says otherwise. Strides (ld..) count elements. The rows of a batch come as
// pointers, so that a shuffled batch needs no copy. `scratch` is memory of the calling thread
// (system/scratch.hpp), aligned to a cache line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "filbert/activation.hpp"
#include "filbert/loss.hpp"
#include "system/strict_floats.hpp"

namespace filbert {

/// One batch at the output layer: what the kernel computes, from z and the targets, and where.
template <class T>
struct OutputBatch {
  T* cost;                     // (m): C_0 of each row
  std::int32_t* correct;       // (m): 1 where the class is right, else 0; or null
  T* dz;                       // (m, n): dC_0/dz
  T* da;                       // (m, n): dC_0/da; or null
  T* a;                        // (m, n)
  const T* z;                  // (m, n)
  std::size_t ld;              // the stride of dz, da, a and z
  const T* const* y;           // (m) rows of targets; or null, and then
  const std::int32_t* labels;  // (m): y is 1 at the label, and else 0
  const T* weights;            // (m): what cost, dz and da of a row are multiplied by; or null
  std::size_t m, n;
  std::size_t targets;  // how many there are in a row: n / outputs_of_target(loss)
  Activation activation;
  const Loss* loss;
  bool judges_outputs;  // then `correct` counts the outputs that are on the right side of ...
  T threshold;          // ... this
  // Whether z, a and dz are not rows but blocks of as many rows as a vector has lanes, of which m
  // is a multiple: each block is (n, lanes). Then n is at most most_narrow_outputs, da and weights
  // are null, and ld does not count.
  bool interleaved = false;
};

/// The most outputs of a batch that is interleaved.
constexpr std::size_t most_narrow_outputs = 64;

/// The most buffers of state that an update rule keeps, and the most numbers of its own in a step.
constexpr std::size_t most_state = 3, most_numbers = 12;

/// What the options that may be schedules are in one step.
struct StepOptions {
  double learning_rate = 0.0, beta2 = 0.0, weight_decay = 0.0;
};

template <class T>
struct LaneSteps;

/// One step of an update rule. Every number is rounded to T once, for all parameters.
template <class T>
struct UpdateStep {
  std::size_t rule = 0;                         // the rule's place in the list Rule
  T scale = 1;                                  // what the summed gradient is multiplied by
  T most = std::numeric_limits<T>::infinity();  // how large an element of it may then be
  T weight_decay = 0, l1 = 0, l2_twice = 0;     // the penalties that are then added to it
  T numbers[most_numbers] = {};                 // those of the rule, in the order of its Numbers
  // Where each lane of a vector is another network: the numbers of each, or else null. The numbers
  // above are then those of any of them; but a penalty is 0 there only if it is 0 in all lanes.
  const LaneSteps<T>* lanes = nullptr;
};

/// The most lanes of a vector.
constexpr std::size_t most_lanes = 16;

/// The numbers of one step of as many networks as a vector has lanes.
template <class T>
struct LaneSteps {
  using Lanes = T[most_lanes];
  Lanes scale, weight_decay, l1, l2_twice, numbers[most_numbers];
};

/// What an update rule changes: the parameters, and its buffers of state.
template <class T>
struct UpdateBuffers {
  T* w = nullptr;
  T* state[most_state] = {};  // null beyond the buffers that the rule keeps
};

/// Which part of a chain of fused multiply-adds a call computes: whether that is the first part,
/// and whether it is the last.
struct Chain {
  bool starts, ends;
};

/// A bijection of 0 .. size - 1 that depends on keys. It is an unbalanced Feistel network over the
/// next power of two, which is applied again and again until its result is below size (cycle
/// walking, Black and Rogaway 2002). On average that takes less than two steps, except for the
/// smallest sizes. Its rounds mix by the finaliser of MurmurHash3 (Appleby 2011).
struct Permutation {
  static constexpr int rounds = 8;
  std::uint64_t size;
  unsigned left_bits, right_bits;  // the halves of an index have so many bits, each at most 32
  std::uint32_t keys[rounds];
};

/// Random words of 32 bits, one for each element of a batch, which is a function of its index: the
/// generator is Philox4x32-10. Sixteen of its blocks give the words of 64 elements, so that the
/// first words of them all come first, then the second ones: element e has word e / 16 mod 4 of
/// block q = 16 (e / 64) + e mod 16, whose counter is (low half of q, high half of q xor high,
/// stream, epoch).
struct RandomStream {
  static constexpr std::size_t chunk = 64, blocks = 16;  // elements, and blocks for them
  std::uint64_t key;
  std::uint32_t high, stream, epoch;
};

/// Which elements dropout keeps, and what it multiplies them by.
template <class T>
struct Keep {
  std::uint32_t threshold;  // an element is dropped if the upper 31 bits of its word are below this
  T factor;                 // of those that are kept; not 0
};

template <class T>
struct Kernels {
  /// Whether large products copy what they read of both operands first. Then a few large products
  /// cost less than many small ones.
  bool packs_both;

  /// Computes z = b + x W and a = activation(z), which has to be elementwise. z or a may be null,
  /// and z == a is allowed. chain: which part of each output's chain these k terms are. A part that
  /// is not the first continues what is in z, or in a where z is null. After a part that is not the
  /// last, the sum is stored there, and no activation is applied.
  /// z, a: (m, n); x: (m) rows, of which columns first .. first + k - 1 are read; w: (k, n);
  /// b: (n).
  void (*forward)(T* z, std::size_t ldz, T* a, std::size_t lda, const T* const* x,
                  std::size_t first, const T* w, std::size_t ldw, const T* b, Activation activation,
                  Chain chain, std::size_t m, std::size_t n, std::size_t k, T* scratch);

  /// Computes the derivatives of the layer below: da = dz_above W^T and dz = sigma'(z) da. da or dz
  /// may be null. from: z of that layer where derivative_needs_z of its activation, else its a.
  /// da, dz, from: (m, k); dz_above: (m, n); w: (k, n).
  void (*backward_input)(T* da, std::size_t ldda, T* dz, std::size_t lddz, const T* dz_above,
                         std::size_t ld_above, const T* w, std::size_t ldw, const T* from,
                         std::size_t ldfrom, Activation activation, std::size_t m, std::size_t k,
                         std::size_t n, T* scratch);

  /// Computes dw = x^T dz. If `adds`, it adds that to what is in dw, which has to be the sum over
  /// earlier rows of the batch, a multiple of row_block of them. dw: (k, n) without padding; x: (m)
  /// rows, of which columns first .. first + k - 1 are read; dz: (m, n).
  void (*backward_weights)(T* dw, bool adds, const T* const* x, std::size_t first, const T* dz,
                           std::size_t lddz, std::size_t m, std::size_t k, std::size_t n,
                           T* scratch);

  /// Computes dw as backward_weights does, and updates w with each part of it at once, while that
  /// is in the cache. m: at most row_block. w and the state are (k, n) without padding, and begin
  /// at the index `at` of the buffers.
  void (*backward_weights_update)(const UpdateBuffers<T>& buffers, std::size_t at,
                                  const UpdateStep<T>& step, const T* const* x, std::size_t first,
                                  const T* dz, std::size_t lddz, std::size_t m, std::size_t k,
                                  std::size_t n, T* scratch);

  /// Computes db, the sum of the rows of dz. adds: as in backward_weights; db: (n); dz: (m, n).
  void (*backward_bias)(T* db, bool adds, const T* dz, std::size_t lddz, std::size_t m,
                        std::size_t n);

  /// Computes a of each row of z by an activation that is not elementwise: softmax or log_softmax.
  /// a == z is allowed. a, z: (m, n).
  void (*softmax)(T* a, std::size_t lda, const T* z, std::size_t ldz, Activation activation,
                  std::size_t m, std::size_t n);

  /// Computes a, C_0 and the derivatives of the output layer.
  void (*output)(const OutputBatch<T>& batch);

  /// Computes dz from da = dC/da, through any activation. dz == da is allowed. from: as in
  /// backward_input, and a for softmax and log_softmax. dz, da, from: (m, n).
  void (*output_derivative)(T* dz, std::size_t lddz, const T* da, std::size_t ldda, const T* from,
                            std::size_t ldfrom, Activation activation, std::size_t m,
                            std::size_t n);

  /// Updates the parameters and state at .. at + size - 1 of the buffers. g: (size), the gradient
  /// of these parameters, summed over the batch.
  void (*update)(const UpdateBuffers<T>& buffers, std::size_t at, const UpdateStep<T>& step,
                 const T* g, std::size_t size);

  /// Computes the factors of dropout for elements first .. first + size - 1 of a stream: those that
  /// are kept have the factor of `keep`, the others 0. factors: (size).
  void (*dropout)(T* factors, const RandomStream& stream, std::uint64_t first, const Keep<T>& keep,
                  std::size_t size);

  /// Computes in times factors, and +0 where the factor is 0, whatever in is there. out == in is
  /// allowed. out, in, factors: (size).
  void (*multiply_kept)(T* out, const T* in, const T* factors, std::size_t size);

  /// Computes the normal numbers of elements first .. first + size - 1 of a stream: the quantiles
  /// of the standard normal distribution at (word + 1/2) / 2^32. z: (size).
  void (*normal)(T* z, const RandomStream& stream, std::uint64_t first, std::size_t size);

  /// Computes x + factor z, rounded once. out == x is allowed. out, x, z: (size).
  void (*add_multiple)(T* out, const T* x, T factor, const T* z, std::size_t size);

  /// Returns the sum of the squares of x in double, as one block of the sums of docs/numerics.md.
  /// x: (size), at most 4096 numbers.
  double (*sum_of_squares)(const T* x, std::size_t size);

  /// Scales each column of w whose Euclidean norm is above `most` to that norm. w: (k, n).
  void (*limit_norms)(T* w, std::size_t ldw, double most, std::size_t k, std::size_t n);

  /// Moves a mean towards w: mean = mean + rest (w - mean), rounded as docs/numerics.md says. mean,
  /// w: (size).
  void (*average)(T* mean, const T* w, T rest, std::size_t size);

  /// Computes rows[i], which is where the permutation takes first + i. rows: (count). first + count
  /// is at most the permutation's size.
  void (*permute)(std::uint64_t* rows, const Permutation& permutation, std::uint64_t first,
                  std::size_t count);

  /// Normalises the numbers of a row: (x - centre) * factor, in double, rounded once. centre and
  /// factor may be null: then they are as they are. fill: what stands in for a NaN, or null. out,
  /// x, fill, centre, factor: (size). out == x is allowed.
  void (*normalise)(T* out, const T* x, const double* fill, const double* centre,
                    const double* factor, std::size_t size);

  /// Computes x / sqrt(1 + (x / 3)^2). out == x is allowed. out, x: (size).
  void (*smooth_clip)(T* out, const T* x, std::size_t size);

  /// As many networks of one shape as a vector has lanes are trained side by side by the four
  /// kernels below, each in a lane of its own; 0 in a table without these kernels. What they call
  /// an element is a vector of one number of each network, and their matrices have no padding.
  std::size_t lanes;

  /// Computes element (i, j) of `to` from element j of row i of each network. to: (m, n) elements;
  /// rows: (lanes) tables of (m) rows of n numbers.
  void (*interleave)(T* to, const T* const* const* rows, std::size_t m, std::size_t n);

  /// Computes z = b + x W, and a = activation(z) where a is not null. z == a is allowed. z, a: (m,
  /// n); x: (m, k); w: (k, n); b: (n).
  void (*forward_lanes)(T* z, T* a, const T* x, const T* w, const T* b, Activation activation,
                        std::size_t m, std::size_t n, std::size_t k);

  /// Computes dz of the layer below, as backward_input does. dz, from: (m, k); dz_above: (m, n); w:
  /// (k, n).
  void (*backward_input_lanes)(T* dz, const T* dz_above, const T* w, const T* from,
                               Activation activation, std::size_t m, std::size_t k, std::size_t n);

  /// Computes dw = x^T dz and, behind it, db. m: at most row_block. dw: (k, n), and db: (n); x: (m,
  /// k); dz: (m, n).
  void (*backward_weights_lanes)(T* dw, const T* x, const T* dz, std::size_t m, std::size_t k,
                                 std::size_t n);

  /// Returns the index of the first element that is not finite, or size if all are.
  std::size_t (*first_nonfinite)(const T* x, std::size_t size);
};

}  // namespace filbert
