// Prediction: the output of the network for many rows. Each call has memory and threads of its own.
#include "filbert/propagate.hpp"
#include "kernels/dispatch.hpp"
#include "network/layer_buffers.hpp"
#include "network/row_pieces.hpp"
#include "system/check.hpp"

namespace filbert {
namespace {

template <class T>
bool all_finite(const Kernels<T>& kernels, BasicMatrixView<const T> x) {
  const bool dense = x.stride() == x.cols();
  const std::size_t pieces = dense ? 1 : x.rows(), size = dense ? x.rows() * x.cols() : x.cols();
  for (std::size_t i = 0; i < pieces; ++i) {
    if (kernels.first_nonfinite(x.row(i).data(), size) < size) return false;
  }
  return true;
}

/// The prediction of pieces of the rows, in the form that run_row_pieces takes.
template <class T>
class PiecePrediction {
 public:
  PiecePrediction(const Kernels<T>& kernels, const BasicNetwork<T>& net, BasicMatrixView<const T> x,
                  BasicMatrixView<T> a, bool only_finite, std::size_t most_rows)
      : kernels_(kernels),
        net_(net),
        x_(x),
        a_(a),
        only_finite_(only_finite),
        buffers_(net, most_rows) {}

  bool take(Range rows) {
    const BasicMatrixView<const T> in = x_.rows_from(rows.begin, rows.size());
    if (only_finite_ && !all_finite(kernels_, in)) return false;
    buffers_.set_input(in);
    out_ = a_.rows_from(rows.begin, rows.size());
    return true;
  }

  template <class Between>
  bool run(Worker& worker, Between between) {
    return buffers_.forward(worker, kernels_, net_, {}, out_, false, between);
  }

 private:
  const Kernels<T>& kernels_;
  const BasicNetwork<T>& net_;
  BasicMatrixView<const T> x_;
  BasicMatrixView<T> a_, out_;
  bool only_finite_;
  LayerBuffers<T> buffers_;
};

template <class T>
bool predict_rows(const BasicNetwork<T>& net, BasicMatrixView<const T> x, BasicMatrixView<T> a,
                  const PredictOptions& options) {
  require(x.cols() == net.inputs(), "x: expected ", net.inputs(), " columns, got ", x.cols());
  require(a.rows() == x.rows() && a.cols() == net.outputs(), "a: expected shape (", x.rows(), ", ",
          net.outputs(), "), got (", a.rows(), ", ", a.cols(), ")");
  if (x.rows() == 0) return true;
  const Kernels<T>& kernels = active_kernels<T>();
  Watch watch(options.keep_going);
  return run_row_pieces(net, x.rows(), watch, [&](std::size_t most_rows) {
    return PiecePrediction<T>(kernels, net, x, a, options.only_finite, most_rows);
  });
}

}  // namespace

bool predict(const Network& net, ConstMatrixView x, MatrixView a, const PredictOptions& options) {
  return predict_rows(net, x, a, options);
}
bool predict(const Network64& net, ConstMatrixView64 x, MatrixView64 a,
             const PredictOptions& options) {
  return predict_rows(net, x, a, options);
}

}  // namespace filbert
