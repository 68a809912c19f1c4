// Prediction: the output of the network for many rows. Each call has memory and threads of its own.
#include "filbert/propagate.hpp"
#include "kernels/dispatch.hpp"
#include "network/layer_buffers.hpp"
#include "network/normalise.hpp"
#include "network/predict_activations.hpp"
#include "network/row_pieces.hpp"
#include "system/check.hpp"

namespace filbert {
namespace {

/// What is asked for of a prediction.
struct RowsOfPrediction {
  bool only_finite;
  const Normalisation* by;        // what x is normalised by, or null
  const Normalisation* restores;  // the normalisation that is undone for the outputs, or null
};

/// The prediction of pieces of the rows, in the form that run_row_pieces takes.
template <class T>
class PiecePrediction {
 public:
  PiecePrediction(const Kernels<T>& kernels, const BasicNetwork<T>& net, BasicMatrixView<const T> x,
                  BasicMatrixView<T> a, const RowsOfPrediction& how, std::size_t most_rows)
      : kernels_(kernels),
        net_(net),
        x_(x),
        a_(a),
        how_(how),
        rows_(how.by, net.inputs(), most_rows),
        buffers_(net, most_rows) {}

  bool take(Range rows) {
    const BasicMatrixView<const T> in = x_.rows_from(rows.begin, rows.size());
    if (how_.only_finite && !all_usable(net_.normalises(), kernels_, in)) return false;
    buffers_.set_input(rows_.of(kernels_, in));
    out_ = a_.rows_from(rows.begin, rows.size());
    return true;
  }

  template <class Between>
  bool run(Worker& worker, Between between) {
    if (!buffers_.forward(worker, kernels_, net_, {}, out_, false, between)) return false;
    if (how_.restores != nullptr && worker.index() == 0) restore_outputs(*how_.restores, out_);
    return true;
  }

 private:
  const Kernels<T>& kernels_;
  const BasicNetwork<T>& net_;
  BasicMatrixView<const T> x_;
  BasicMatrixView<T> a_, out_;
  RowsOfPrediction how_;
  NormalisedRows<T> rows_;
  LayerBuffers<T> buffers_;
};

template <class T>
bool predict_rows(const BasicNetwork<T>& net, BasicMatrixView<const T> x, BasicMatrixView<T> a,
                  const KeepGoing& keep_going, const RowsOfPrediction& how) {
  require(x.cols() == net.inputs(), "x: expected ", net.inputs(), " columns, got ", x.cols());
  require(a.rows() == x.rows() && a.cols() == net.outputs(), "a: expected shape (", x.rows(), ", ",
          net.outputs(), "), got (", a.rows(), ", ", a.cols(), ")");
  if (x.rows() == 0) return true;
  const Kernels<T>& kernels = active_kernels<T>();
  Watch watch(keep_going);
  return run_row_pieces(net, x.rows(), watch, [&](std::size_t most_rows) {
    return PiecePrediction<T>(kernels, net, x, a, how, most_rows);
  });
}

}  // namespace

template <class T>
bool predict_activations(const BasicNetwork<T>& net, BasicMatrixView<const T> x,
                         BasicMatrixView<T> a, const KeepGoing& keep_going) {
  return predict_rows(net, x, a, keep_going, {false, nullptr, nullptr});
}

template bool predict_activations(const Network&, ConstMatrixView, MatrixView, const KeepGoing&);
template bool predict_activations(const Network64&, ConstMatrixView64, MatrixView64,
                                  const KeepGoing&);

bool predict(const Network& net, ConstMatrixView x, MatrixView a, const PredictOptions& options) {
  return predict_rows(net, x, a, options.keep_going,
                      {options.only_finite, input_normalisation(net), target_normalisation(net)});
}
bool predict(const Network64& net, ConstMatrixView64 x, MatrixView64 a,
             const PredictOptions& options) {
  return predict_rows(net, x, a, options.keep_going,
                      {options.only_finite, input_normalisation(net), target_normalisation(net)});
}

}  // namespace filbert
