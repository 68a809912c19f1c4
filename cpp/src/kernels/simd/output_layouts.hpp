// The two layouts of an output layer in vectors. A wide row is a sequence of vectors (AlongRow).
// Narrow rows are transposed, so that each lane holds a row and no lane is idle (AcrossRows). With
// both, each element has the same operations, and `sum` adds in the same order.
#pragma once

#include "kernels/simd/elementwise.hpp"

namespace filbert {
namespace {

/// Returns the index of the first largest number. Where there are NaNs, it returns what a loop that
/// compares a[j] > a[best] finds.
template <class V>
std::size_t arg_max(const typename V::scalar* a, std::size_t n) {
  bool ordered = true;
  for_lanes<V>(n, [&](std::size_t j, auto part) {
    const auto value = load<V>(a + j, part);
    ordered = ordered && V::bits(V::ne(value, value)) == 0;
  });
  std::size_t best = 0;
  if (ordered) {
    const auto top = row_max<V>(a, n);
    while (a[best] != top) ++best;
    return best;
  }
  for (std::size_t j = 1; j < n; ++j) best = a[j] > a[best] ? j : best;
  return best;
}

/// What the costs of a softmax or log_softmax output need beside its activations.
template <class V>
struct SoftmaxSums {
  typename V::reg largest, total;  // the largest z, and the sum of exp(z - largest)
  bool of_logarithms = false;      // whether a is the logarithm of a softmax
};

/// One row of a batch, as a sequence of vectors.
template <class V>
class AlongRow {
 public:
  using T = typename V::scalar;
  using reg = typename V::reg;
  using Lanes = typename V::part;  // what says how many lanes of a vector there are

  AlongRow(const OutputBatch<T>& batch, std::size_t i)
      : z_(batch.z + i * batch.ld),
        a_(batch.a + i * batch.ld),
        dz_(batch.dz + i * batch.ld),
        da_(batch.da == nullptr ? nullptr : batch.da + i * batch.ld),
        y_(batch.y == nullptr ? nullptr : batch.y[i]),
        label_(batch.y == nullptr ? static_cast<std::size_t>(batch.labels[i]) : 0),
        n_(batch.n),
        threshold_(batch.threshold) {}

  /// Calls body(j, lanes) for all outputs: for vectors of them, of which j is the first output.
  template <class Body>
  FILBERT_INLINE void each(Body body) const {
    for_lanes<V>(n_, body);
  }
  template <class Term>
  FILBERT_INLINE reg sum(Term term) const {
    return sum_of(n_, term);
  }
  template <class Term>
  FILBERT_INLINE reg sum_of(std::size_t terms, Term term) const {
    return V::set1(sum_of_vectors<V>(terms, term));
  }

  template <class Part>
  FILBERT_INLINE reg z(std::size_t j, Part part) const {
    return load<V>(z_ + j, part);
  }
  template <class Part>
  FILBERT_INLINE reg a(std::size_t j, Part part) const {
    return load<V>(a_ + j, part);
  }
  template <class Part>
  FILBERT_INLINE reg dz(std::size_t j, Part part) const {
    return load<V>(dz_ + j, part);
  }
  template <class Part>
  FILBERT_INLINE reg da(std::size_t j, Part part) const {
    return load<V>(own_da() + j, part);
  }
  template <class Part>
  FILBERT_INLINE reg y(std::size_t j, Part part) const {
    if (y_ != nullptr) return load<V>(y_ + j, part);
    T row[V::lanes] = {};
    const std::size_t at = label_ - j;
    if (at < static_cast<std::size_t>(V::lanes)) row[at] = T(1);
    return V::load(row);
  }
  template <class Part>
  FILBERT_INLINE void set_a(std::size_t j, reg value, Part part) {
    store<V>(a_ + j, value, part);
  }
  template <class Part>
  FILBERT_INLINE void set_dz(std::size_t j, reg value, Part part) {
    store<V>(dz_ + j, value, part);
  }
  template <class Part>
  FILBERT_INLINE void set_da(std::size_t j, reg value, Part part) {
    store<V>(own_da() + j, value, part);
  }

  /// Computes a by softmax, or by log_softmax, and the numbers in `sums` that it does that with.
  FILBERT_INLINE void softmax(SoftmaxSums<V>& sums) {
    const T largest = row_max<V>(z_, n_);
    sums.largest = V::set1(largest);
    sums.total = V::set1(sums.of_logarithms ? log_softmax_row<V>(a_, z_, largest, n_)
                                            : softmax_row<V>(a_, z_, largest, n_));
  }
  /// Computes dz from da through these.
  FILBERT_INLINE void derive_softmax() { derive_softmax_row<V>(dz_, own_da(), a_, n_); }
  FILBERT_INLINE void derive_log_softmax() { derive_log_softmax_row<V>(dz_, own_da(), a_, n_); }
  /// Computes a by an elementwise activation, and dz from da through one.
  void activate(Activation activation) { filbert::activate<V>(a_, n_, z_, n_, activation, 1, n_); }
  void derive(Activation activation) {
    const T* const from = derivative_of_z<V>(activation) ? z_ : a_;
    filbert::derive<V>(dz_, n_, own_da(), n_, from, n_, activation, 1, n_);
  }

  FILBERT_INLINE reg z_of_label() const { return V::set1(z_[label_]); }

  void put_correct_class(std::int32_t* to) const {
    *to = arg_max<V>(a_, n_) == (y_ != nullptr ? arg_max<V>(y_, n_) : label_);
  }
  void put_correct_outputs(std::int32_t* to) const {
    *to = 0;
    for (std::size_t j = 0; j < n_; ++j) {
      const bool wanted = y_ != nullptr ? y_[j] > threshold_ : j == label_;
      *to += (a_[j] > threshold_) == wanted;
    }
  }
  void put_cost(T* to, reg cost) const { *to = V::first(cost); }
  void finish() const {}

 private:
  /// Where da is kept: in dz, if nobody reads it afterwards.
  FILBERT_INLINE T* own_da() const { return da_ == nullptr ? dz_ : da_; }

  const T* z_;
  T *a_, *dz_, *da_;
  const T* y_;
  std::size_t label_, n_;
  T threshold_;
};

/// As many rows of a batch as a vector has lanes, or fewer at its end. Each lane holds a row, and
/// each vector an output.
template <class V>
class AcrossRows {
 public:
  using T = typename V::scalar;
  using reg = typename V::reg;
  using Lanes = Whole;
  static constexpr std::size_t lanes = V::lanes;

  AcrossRows(const OutputBatch<T>& batch, std::size_t first, std::size_t rows)
      : batch_(batch),
        first_(first),
        rows_(rows),
        n_(batch.n),
        in_place_(batch.interleaved || (n_ == 1 && batch.ld == 1 && rows == lanes)),
        label_(V::set1(0)) {
    if (in_place_) {
      z_ = batch.z + first * n_;
      a_ = batch.a + first * n_;
      dz_ = batch.dz + first * n_;
    } else {
      turn(own_z_, n_, [&](std::size_t r) { return batch.z + (first + r) * batch.ld; });
    }
    if (batch.y != nullptr) {
      turn(y_, batch.targets, [&](std::size_t r) { return batch.y[first + r]; });
    } else {
      T labels[lanes] = {};
      for (std::size_t r = 0; r < rows; ++r) labels[r] = static_cast<T>(batch.labels[first + r]);
      label_ = V::load(labels);
    }
  }

  template <class Body>
  FILBERT_INLINE void each(Body body) const {
    for (std::size_t j = 0; j < n_; ++j) body(j, Whole{});
  }
  /// Returns the `sum` of sum.hpp in each lane, for rows that are shorter than a block of it. Lanes
  /// of `sum` that have no term are left out here: they hold +0, and a partial sum is never -0, so
  /// that adding them changes no bit.
  template <class Term>
  FILBERT_INLINE reg sum(Term term) const {
    return sum_of(n_, term);
  }
  template <class Term>
  FILBERT_INLINE reg sum_of(std::size_t terms, Term term) const {
    reg sums[16];
    const std::size_t live = terms < 16 ? terms : 16;
    // The call of term stands here once only, so that the compiler inlines it.
    for (std::size_t j = 0; j < terms; ++j) {
      const reg so_far = j < 16 ? V::set1(0) : sums[j % 16];
      sums[j % 16] = V::add(so_far, term(j, Whole{}));
    }
    if (live > 1) fold_columns(sums, live);
    return sums[0];
  }

  FILBERT_INLINE reg z(std::size_t j, Whole) const { return V::load(z_ + j * lanes); }
  FILBERT_INLINE reg a(std::size_t j, Whole) const { return V::load(a_ + j * lanes); }
  FILBERT_INLINE reg dz(std::size_t j, Whole) const { return V::load(dz_ + j * lanes); }
  FILBERT_INLINE reg da(std::size_t j, Whole) const { return V::load(da_ + j * lanes); }
  FILBERT_INLINE reg y(std::size_t j, Whole) const {
    if (batch_.y != nullptr) return V::load(y_ + j * lanes);
    return V::select(is_label(j), V::set1(1), V::set1(0));
  }
  FILBERT_INLINE void set_a(std::size_t j, reg value, Whole) { V::store(a_ + j * lanes, value); }
  FILBERT_INLINE void set_dz(std::size_t j, reg value, Whole) { V::store(dz_ + j * lanes, value); }
  FILBERT_INLINE void set_da(std::size_t j, reg value, Whole) { V::store(da_ + j * lanes, value); }

  /// These do as in AlongRow. Lanes without a row hold numbers that nobody reads.
  FILBERT_INLINE void softmax(SoftmaxSums<V>& sums) {
    sums.largest = largest_z();
    sums.total = sum([&](std::size_t j, Whole whole) {
      const reg e = math::exp<V>(V::sub(z(j, whole), sums.largest));
      set_a(j, e, whole);
      return e;
    });
    if (sums.of_logarithms) {
      const reg log_total = math::log<V>(sums.total);
      each([&](std::size_t j, Whole whole) {
        set_a(j, V::sub(V::sub(z(j, whole), sums.largest), log_total), whole);
      });
    } else {
      each([&](std::size_t j, Whole whole) { set_a(j, V::div(a(j, whole), sums.total), whole); });
    }
  }
  FILBERT_INLINE void derive_softmax() {
    const reg mean =
        sum([&](std::size_t j, Whole whole) { return V::mul(a(j, whole), da(j, whole)); });
    each([&](std::size_t j, Whole whole) {
      set_dz(j, V::mul(a(j, whole), V::sub(da(j, whole), mean)), whole);
    });
  }
  FILBERT_INLINE void derive_log_softmax() {
    const reg total = sum([&](std::size_t j, Whole whole) { return da(j, whole); });
    each([&](std::size_t j, Whole whole) {
      set_dz(j, V::fnma(math::exp<V>(a(j, whole)), total, da(j, whole)), whole);
    });
  }
  void activate(Activation activation) {
    const std::size_t size = n_ * lanes;
    filbert::activate<V>(a_, size, z_, size, activation, 1, size);
  }
  void derive(Activation activation) {
    const std::size_t size = n_ * lanes;
    const T* const from = derivative_of_z<V>(activation) ? z_ : a_;
    filbert::derive<V>(dz_, size, da_, size, from, size, activation, 1, size);
  }

  FILBERT_INLINE reg z_of_label() const {
    reg found = z(0, Whole{});
    for (std::size_t j = 1; j < n_; ++j) found = V::select(is_label(j), z(j, Whole{}), found);
    return found;
  }

  void put_correct_class(std::int32_t* to) const {
    const reg wanted = batch_.y == nullptr ? label_ : arg_max_of(y_);
    put_counts(to, V::select(V::eq(arg_max_of(a_), wanted), V::set1(1), V::set1(0)));
  }
  void put_correct_outputs(std::int32_t* to) const {
    const reg zero = V::set1(0), one = V::set1(1), threshold = V::set1(batch_.threshold);
    reg count = zero;
    each([&](std::size_t j, Whole whole) {
      const reg on = V::select(V::gt(a(j, whole), threshold), one, zero);
      const reg wanted = V::select(V::gt(y(j, whole), threshold), one, zero);
      count = V::add(count, V::select(V::eq(on, wanted), one, zero));
    });
    put_counts(to, count);
  }
  void put_cost(T* to, reg cost) const {
    if (rows_ == lanes) return V::store(to, cost);
    V::store(to, cost, V::part_of(static_cast<int>(rows_)));
  }
  /// Stores a, dz and da as rows of the batch.
  void finish() const {
    if (in_place_) {
      if (!batch_.interleaved && batch_.da != nullptr) V::store(batch_.da + first_, da(0, Whole{}));
      return;
    }
    turn_back(batch_.a, a_);
    turn_back(batch_.dz, dz_);
    if (batch_.da != nullptr) turn_back(batch_.da, da_);
  }

 private:
  FILBERT_INLINE typename V::mask is_label(std::size_t j) const {
    return V::eq(label_, V::set1(static_cast<T>(j)));
  }

  FILBERT_INLINE reg largest_z() const {
    reg largest = z(0, Whole{});
    for (std::size_t j = 1; j < n_; ++j) largest = V::max(largest, z(j, Whole{}));
    return largest;
  }

  /// Adds the lanes 1 .. live - 1 of a `sum` to lane 0, in its order.
  FILBERT_NOINLINE static void fold_columns(reg* sums, std::size_t live) {
    for (std::size_t half = 8; half > 0; half /= 2) {
      for (std::size_t j = 0; j + half < live; ++j) sums[j] = V::add(sums[j], sums[j + half]);
      live = live < half ? live : half;
    }
  }

  reg arg_max_of(const T* columns) const {
    reg best = V::set1(0), top = V::load(columns);
    for (std::size_t j = 1; j < n_; ++j) {
      const reg value = V::load(columns + j * lanes);
      const auto better = V::gt(value, top);
      top = V::select(better, value, top);
      best = V::select(better, V::set1(static_cast<T>(j)), best);
    }
    return best;
  }

  void put_counts(std::int32_t* to, reg counts) const {
    T values[lanes];
    V::store(values, counts);
    for (std::size_t r = 0; r < rows_; ++r) to[r] = static_cast<std::int32_t>(values[r]);
  }

  /// Transposes: columns[j][r] = row(r)[j] for the n numbers of each row, and 0 for rows that do
  /// not exist.
  template <class Row>
  FILBERT_HOT FILBERT_NOINLINE void turn(T* columns, std::size_t n, Row row) const {
    if (n == 1) {
      for (std::size_t r = 0; r < lanes; ++r) columns[r] = r < rows_ ? *row(r) : T(0);
      return;
    }
    for (std::size_t j = 0; j < n; j += lanes) {
      const std::size_t width = n - j < lanes ? n - j : lanes;
      const typename V::part part = V::part_of(static_cast<int>(width));
      reg block[lanes];
      for (std::size_t r = 0; r < lanes; ++r) {
        block[r] = r < rows_ ? V::load(row(r) + j, part) : V::set1(0);
      }
      V::transpose(block);
      for (std::size_t c = 0; c < width; ++c) V::store(columns + (j + c) * lanes, block[c]);
    }
  }
  /// Transposes the other way, to rows of the batch.
  FILBERT_HOT FILBERT_NOINLINE void turn_back(T* to, const T* columns) const {
    to += first_ * batch_.ld;
    if (n_ == 1) {
      for (std::size_t r = 0; r < rows_; ++r) to[r * batch_.ld] = columns[r];
      return;
    }
    for (std::size_t j = 0; j < n_; j += lanes) {
      const std::size_t width = n_ - j < lanes ? n_ - j : lanes;
      reg block[lanes];
      for (std::size_t c = 0; c < lanes; ++c) {
        block[c] = c < width ? V::load(columns + (j + c) * lanes) : V::set1(0);
      }
      V::transpose(block);
      if (width == lanes) {
        for (std::size_t r = 0; r < rows_; ++r) V::store(to + r * batch_.ld + j, block[r]);
      } else {
        store_ends<V>(to + j, batch_.ld, block, static_cast<int>(rows_),
                      V::part_of(static_cast<int>(width)));
      }
    }
  }

  const OutputBatch<T>& batch_;
  std::size_t first_, rows_, n_;
  bool in_place_;  // whether z, a and dz lie in the batch as they are needed here
  reg label_;
  alignas(64) T own_z_[most_narrow_outputs * lanes];
  alignas(64) T own_a_[most_narrow_outputs * lanes];
  alignas(64) T own_dz_[most_narrow_outputs * lanes];
  const T* z_ = own_z_;
  T *a_ = own_a_, *dz_ = own_dz_;
  alignas(64) T da_[most_narrow_outputs * lanes];
  alignas(64) T y_[most_narrow_outputs * lanes];
};

}  // namespace
}  // namespace filbert
