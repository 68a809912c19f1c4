// Training examples seen from inside: everything that propagation computes for each of them.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <string>
#include <vector>

#include "arrays.hpp"
#include "bind.hpp"
#include "long_loops.hpp"

namespace filbert::python {
namespace {

/// The targets of one example.
template <class T>
BasicData<T> example(const BasicData<T>& data, std::size_t i) {
  if (!data.labels.empty()) return {.labels = data.labels.subspan(i, 1)};
  return {.y = data.y.rows_from(i, 1)};
}

/// The only row of a matrix.
template <class T>
std::span<const T> row_of(BasicMatrixView<T> matrix) {
  return {matrix.data(), matrix.cols()};
}

/// Arrays (rows, width) to be filled row by row.
template <class T>
class Table {
 public:
  Table(std::size_t rows, std::size_t width)
      : array_(empty_array<T>(rows, width)), data_(array_.mutable_data()), width_(width) {}

  void set_row(std::size_t i, std::span<const T> row) {
    std::ranges::copy(row, data_ + i * width_);
  }
  const py::array_t<T>& array() const { return array_; }

 private:
  py::array_t<T> array_;
  T* data_;
  std::size_t width_;
};

template <class T>
py::list arrays_of(const std::vector<Table<T>>& tables) {
  py::list arrays;
  for (const Table<T>& table : tables) arrays.append(table.array());
  return arrays;
}

/// What propagation computes for one example, layer by layer.
template <class T>
struct Tables {
  std::vector<Table<T>> a, z, dz, slope;  // layers 1..L
  std::vector<Table<T>> da;               // layers 0..L
  Table<T> cost, gradient;

  Tables(const BasicNetwork<T>& net, std::size_t rows)
      : cost(rows, 1), gradient(rows, net.parameters().size()) {
    da.emplace_back(rows, net.inputs());
    for (const Layer& layer : net.layers()) {
      for (auto* tables : {&a, &z, &dz, &slope, &da}) tables->emplace_back(rows, layer.outputs);
    }
  }

  void set_row(std::size_t i, const BasicNetwork<T>& net, BasicWorkspace<T>& workspace,
               BasicGradients<T>& gradients) {
    for (std::size_t l = 1; l <= net.depth(); ++l) {
      a[l - 1].set_row(i, row_of(workspace.a(l)));
      z[l - 1].set_row(i, row_of(workspace.z(l)));
      dz[l - 1].set_row(i, row_of(workspace.dz(l)));
      if (!traits_of(net.layers()[l - 1].activation).elementwise) continue;
      std::vector<T> row(net.layers()[l - 1].outputs);
      slopes(net, workspace, l, BasicMatrixView<T>(row.data(), 1, row.size()));
      slope[l - 1].set_row(i, row);
    }
    for (std::size_t l = 0; l <= net.depth(); ++l) da[l].set_row(i, row_of(workspace.da(l)));
    cost.set_row(i, workspace.cost());
    gradient.set_row(i, gradients.flat());
  }
};

/// Each example goes through the network alone: what is computed for a row does not depend on the
/// rows beside it, and so the derivatives of its parameters are those of the example. All of it
/// is of one moment of the network.
template <class T>
py::dict trace(SharedNetwork<T>& self, const py::object& x, const py::object& y,
               const std::string& loss_name) {
  const BasicMatrixView<const T> in = as_matrix<T>(x, "X");
  const Loss loss = loss_from_string(loss_name);
  const Reading reading(self.usage, network_busy);
  const BasicNetwork<T>& net = self.net;
  Tables<T> tables(net, in.rows());
  BasicWorkspace<T> workspace(net, {.max_batch = 1, .training = true, .inspect = true});
  BasicGradients<T> gradients(net);
  const BasicData<T> data = as_targets<T>(y);
  without_gil(3.0 * operations(net, in.rows()), [&](Released& released) {
    const PropagateOptions options{released.keep_going()};
    const std::size_t step = std::max<std::size_t>(1, (1 << 22) / net.parameters().size());
    return in_parts(in.rows(), step, released, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const BasicMatrixView<const T> row = in.rows_from(i, 1);
        forward(net, row, workspace, options);
        if (released.raised()) return false;
        cost(net, example(data, i), loss, workspace, options);
        if (!backward(net, row, workspace, gradients, options)) return false;
        tables.set_row(i, net, workspace, gradients);
      }
      return true;
    });
  });
  py::dict result;
  result["a"] = arrays_of(tables.a);
  result["z"] = arrays_of(tables.z);
  result["dz"] = arrays_of(tables.dz);
  result["slope"] = arrays_of(tables.slope);
  result["da"] = arrays_of(tables.da);
  result["cost"] = tables.cost.array();
  result["gradient"] = tables.gradient.array();
  return result;
}

}  // namespace

void bind_trace(py::module_& m) {
  m.def("trace", &trace<float>, py::arg("network"), py::arg("X"), py::arg("y"), py::arg("loss"));
  m.def("trace", &trace<double>, py::arg("network"), py::arg("X"), py::arg("y"), py::arg("loss"));
}

}  // namespace filbert::python
