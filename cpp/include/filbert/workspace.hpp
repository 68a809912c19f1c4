// What one batch needs: z, a and the derivatives. Allocated once, reused; one for each thread of
// control. The network itself never changes in a forward or backward propagation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "filbert/aligned.hpp"
#include "filbert/export.h"
#include "filbert/matrix.hpp"
#include "filbert/network.hpp"

namespace filbert {

struct WorkspaceOptions {
  std::size_t max_batch = 1;  ///< rows that fit
  bool training = true;       ///< room for backward
  bool inspect = false;  ///< keep z and dC/da of every layer to look at, dC/da of the input too
};

template <class T>
class FILBERT_API_TYPE BasicWorkspace {
 public:
  /// Throws std::invalid_argument if max_batch is 0 or the sizes overflow.
  FILBERT_API explicit BasicWorkspace(const BasicNetwork<T>& net,
                                      const WorkspaceOptions& options = {});
  BasicWorkspace(const BasicWorkspace&) = delete;
  BasicWorkspace& operator=(const BasicWorkspace&) = delete;
  BasicWorkspace(BasicWorkspace&&) noexcept = default;
  BasicWorkspace& operator=(BasicWorkspace&&) noexcept = default;

  std::size_t max_batch() const { return options_.max_batch; }
  bool training() const { return options_.training; }
  bool inspect() const { return options_.inspect; }
  std::size_t rows() const { return rows_; }  ///< of the last forward
  std::span<const std::size_t> sizes() const { return sizes_; }

  /// Each (rows, outputs of layer l); valid until the next forward. A view that this workspace has
  /// no room for is empty.
  BasicMatrixView<T> a(std::size_t l) { return view(a_, l); }  ///< l = 1..L
  /// inspect: 1..L; training: L, and those of which the derivative of sigma is computed.
  BasicMatrixView<T> z(std::size_t l) { return view(z_, l); }
  BasicMatrixView<T> dz(std::size_t l) { return view(dz_, l); }  ///< dC/dz; training, l = 1..L
  BasicMatrixView<T> da(std::size_t l) { return view(da_, l); }  ///< dC/da; inspect, l = 0..L
  /// C_0 of each row, times its weight where there are weights; training.
  std::span<T> cost() { return {cost_, cost_ == nullptr ? 0 : rows_}; }

  /// What the derivative of sigma is computed from: a, or z where it takes that; training, l
  /// = 1..L.
  BasicMatrixView<T> derivative_from(std::size_t l) { return l > 0 && of_z_[l - 1] ? z(l) : a(l); }
  /// Whether there is room for what a network with these activations needs.
  FILBERT_API bool fits(const BasicNetwork<T>& net) const;

  void set_rows(std::size_t rows) { rows_ = rows; }

  /// From now on the layer above layer l takes these rows, (max_batch) of the stride of a(l),
  /// instead of a(l).
  FILBERT_API void set_a_rows(std::size_t l, const T* rows);

  /// Room for the rows of an input that has been normalised, (max_batch, inputs); allocated when it
  /// is first asked for.
  FILBERT_API BasicMatrixView<T> normalised();

  /// Tables of pointers to rows, as kernels take them: of a(l) or what stands for it, and room for
  /// those of an input and of targets.
  const T* const* a_rows(std::size_t l) const { return a_rows_.data() + (l - 1) * max_batch(); }
  const T** input_rows() { return input_rows_.data(); }
  const T** target_rows() { return target_rows_.data(); }

 private:
  BasicMatrixView<T> view(const std::vector<T*>& blocks, std::size_t l) const {
    return {blocks[l], blocks[l] == nullptr ? 0 : rows_, sizes_[l], strides_[l]};
  }

  WorkspaceOptions options_;
  std::vector<std::size_t> sizes_;
  std::vector<unsigned char> of_z_;   // training, of layers 1..L: the derivative of sigma takes z
  std::vector<std::size_t> strides_;  // row lengths, padded to whole cache lines
  AlignedBuffer<T> buffer_, normalised_;
  std::vector<T*> a_, z_, dz_, da_;  // start of each layer's block in buffer_, or null
  T* cost_ = nullptr;
  std::vector<const T*> a_rows_, input_rows_, target_rows_;
  std::size_t rows_ = 0;
};

/// Derivatives of the cost, summed over the batch: one buffer laid out like the parameters.
template <class T>
class FILBERT_API_TYPE BasicGradients {
 public:
  FILBERT_API explicit BasicGradients(const BasicNetwork<T>& net);

  std::span<T> flat() { return {flat_.data(), flat_.size()}; }
  std::span<const T> flat() const { return {flat_.data(), flat_.size()}; }

  /// dC/dw of layer l = 1..L: (inputs, outputs), and dC/db: (outputs).
  FILBERT_API BasicMatrixView<T> w(std::size_t l);
  FILBERT_API std::span<T> b(std::size_t l);

 private:
  std::vector<Layer> layers_;
  std::vector<std::size_t> offsets_;
  AlignedBuffer<T> flat_;
};

#ifndef FILBERT_DLL
extern template class BasicWorkspace<float>;
extern template class BasicWorkspace<double>;
extern template class BasicGradients<float>;
extern template class BasicGradients<double>;
#endif

using Workspace = BasicWorkspace<float>;
using Workspace64 = BasicWorkspace<double>;
using Gradients = BasicGradients<float>;
using Gradients64 = BasicGradients<double>;

}  // namespace filbert
