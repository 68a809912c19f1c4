// Networks and tensors in files.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <cerrno>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "arrays.hpp"
#include "bind.hpp"

namespace filbert::python {
namespace {

namespace fs = std::filesystem;

/// FormatError becomes filbert.FormatError, and what the system reports an OSError with number and
/// file name.
void translate(std::exception_ptr pointer) {
  try {
    if (pointer) std::rethrow_exception(pointer);
  } catch (const FormatError& error) {
    const py::object type = py::module_::import("filbert.errors").attr("FormatError");
    PyErr_SetString(type.ptr(), error.what());
  } catch (const fs::filesystem_error& error) {
    const int code = error.code().value();
    const auto& path = error.path1().native();
    const auto size = static_cast<py::ssize_t>(path.size());
#ifdef _WIN32
    const auto name = py::reinterpret_steal<py::object>(PyUnicode_FromWideChar(path.data(), size));
    if (error.code().category() == std::system_category()) {
      PyErr_SetExcFromWindowsErrWithFilenameObject(PyExc_OSError, code, name.ptr());
      return;
    }
#else
    const auto name =
        py::reinterpret_steal<py::object>(PyUnicode_DecodeFSDefaultAndSize(path.data(), size));
#endif
    errno = code;
    PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, name.ptr());
  }
}

template <class T>
void save_network(SharedNetwork<T>& self, const fs::path& path) {
  const Reading reading(self.usage, network_busy);
  without_gil(long_work, [&](Released& released) {
    save(self.net, path, released.keep_going());
    return true;
  });
}

template <class T>
py::bytes network_bytes(SharedNetwork<T>& self) {
  const Reading reading(self.usage, network_busy);
  const auto size = static_cast<double>(self.net.parameters().size_bytes());
  const std::vector<std::byte> bytes = without_gil(
      size, [&](Released& released) { return to_bytes(self.net, released.keep_going()); });
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The networks of an ensemble, with their uses.
template <class T>
class Ensemble {
 public:
  explicit Ensemble(const py::list& given) {
    for (const py::handle each : given) {
      auto& network = each.cast<SharedNetwork<T>&>();
      readings_.add(network.usage, network_busy);
      networks_.push_back(&network.net);
    }
  }

  std::span<const BasicNetwork<T>* const> all() const { return networks_; }

 private:
  Uses<Reading> readings_;
  std::vector<const BasicNetwork<T>*> networks_;
};

template <class T>
void save_networks(const py::list& given, const fs::path& path) {
  const Ensemble<T> ensemble(given);
  without_gil(long_work, [&](Released& released) {
    save_ensemble(ensemble.all(), path, released.keep_going());
    return true;
  });
}

template <class T>
py::bytes bytes_of_networks(const py::list& given) {
  const Ensemble<T> ensemble(given);
  const std::vector<std::byte> bytes = without_gil(long_work, [&](Released& released) {
    return ensemble_to_bytes(ensemble.all(), released.keep_going());
  });
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool are_wide(const py::list& given) { return py::isinstance<SharedNetwork<double>>(given[0]); }

py::list list_of(AnyEnsemble ensemble) {
  py::list networks;
  std::visit(
      [&](auto& all) {
        for (auto& net : all) networks.append(shared(std::move(net)));
      },
      ensemble);
  return networks;
}

/// A network, or a list of those of an ensemble.
py::object load_file(const fs::path& path, bool mmap) {
  AnyModel model = without_gil(long_work, [&](Released& released) {
    return load_model(path, {.mmap = mmap, .keep_going = released.keep_going()});
  });
  if (auto* const network = std::get_if<AnyNetwork>(&model)) return shared(std::move(*network));
  return list_of(std::get<AnyEnsemble>(std::move(model)));
}

py::list ensemble_of_bytes(const py::bytes& bytes) {
  const std::string_view text = bytes;
  return list_of(without_gil(static_cast<double>(text.size()), [&](Released& released) {
    return ensemble_from_bytes(std::as_bytes(std::span(text)), released.keep_going());
  }));
}

py::object network_from_bytes(const py::bytes& bytes) {
  const std::string_view text = bytes;
  return shared(without_gil(static_cast<double>(text.size()), [&](Released& released) {
    return from_bytes(std::as_bytes(std::span(text)), released.keep_going());
  }));
}

/// An array of the tensor's own memory.
py::object array_of(Tensor& tensor) {
  return std::visit(
      [&](auto& values) -> py::object {
        using Values = std::remove_reference_t<decltype(values)>;
        auto kept = std::make_unique<Values>(std::move(values));
        auto* const data = kept->data();
        const py::capsule owner(kept.release(), [](void* p) { delete static_cast<Values*>(p); });
        return py::array_t<typename Values::value_type>(tensor.shape, data, owner);
      },
      tensor.values);
}

py::dict read_safetensors(const fs::path& path) {
  std::vector<Tensor> tensors = without_gil(
      long_work, [&](Released& released) { return read_tensors(path, released.keep_going()); });
  py::dict arrays;
  for (Tensor& tensor : tensors) arrays[py::str(tensor.name)] = array_of(tensor);
  return arrays;
}

py::dict read_safetensors_metadata(const fs::path& path) {
  py::dict texts;
  const Metadata metadata = without_gil([&] { return read_metadata(path); });
  for (const auto& [key, text] : metadata) texts[py::str(key)] = py::str(text);
  return texts;
}

/// One that is done may be discarded; every other call of it is an error.
class Replacement {
 public:
  explicit Replacement(const fs::path& path) {
    without_gil([&] { open_.emplace(path); });
  }
  void write(std::string_view bytes) {
    FileReplacement& file = opened();
    without_gil([&] { file.write(std::as_bytes(std::span(bytes))); });
  }
  void overwrite(std::string_view bytes) {
    FileReplacement& file = opened();
    without_gil([&] { file.overwrite(std::as_bytes(std::span(bytes))); });
  }
  void commit() {
    FileReplacement file = std::move(opened());
    open_.reset();
    without_gil([&] { file.commit(); });
  }
  void discard() { open_.reset(); }

 private:
  FileReplacement& opened() {
    if (!open_) throw py::value_error("replacement: expected an open one, got one that is done");
    return *open_;
  }

  std::optional<FileReplacement> open_;
};

}  // namespace

py::object shared(AnyNetwork network) {
  return std::visit(
      [](auto& net) {
        using T = std::remove_const_t<
            typename std::remove_reference_t<decltype(net.parameters())>::element_type>;
        return py::cast(std::make_unique<SharedNetwork<T>>(std::move(net)));
      },
      network);
}

void bind_files(py::module_& m) {
  py::register_exception_translator(&translate);
  m.def("save", &save_network<float>, py::arg("network"), py::arg("path"));
  m.def("save", &save_network<double>, py::arg("network"), py::arg("path"));
  m.def(
      "save_ensemble",
      [](const py::list& networks, const fs::path& path) {
        return are_wide(networks) ? save_networks<double>(networks, path)
                                  : save_networks<float>(networks, path);
      },
      py::arg("networks"), py::arg("path"));
  m.def(
      "ensemble_to_bytes",
      [](const py::list& networks) {
        return are_wide(networks) ? bytes_of_networks<double>(networks)
                                  : bytes_of_networks<float>(networks);
      },
      py::arg("networks"));
  m.def("ensemble_from_bytes", &ensemble_of_bytes, py::arg("bytes"));
  m.def("load", &load_file, py::arg("path"), py::arg("mmap"));
  m.def("to_bytes", &network_bytes<float>, py::arg("network"));
  m.def("to_bytes", &network_bytes<double>, py::arg("network"));
  m.def("from_bytes", &network_from_bytes, py::arg("bytes"));
  py::class_<Replacement>(m, "FileReplacement", py::is_final())
      .def(py::init<const fs::path&>(), py::arg("path"))
      .def(
          "write", [](Replacement& self, const py::bytes& bytes) { self.write(bytes); },
          py::arg("bytes"))
      .def(
          "overwrite", [](Replacement& self, const py::bytes& bytes) { self.overwrite(bytes); },
          py::arg("bytes"))
      .def("commit", &Replacement::commit)
      .def("discard", &Replacement::discard);
  m.def("read_safetensors", &read_safetensors, py::arg("path"));
  m.def("read_safetensors_metadata", &read_safetensors_metadata, py::arg("path"));
}

}  // namespace filbert::python
