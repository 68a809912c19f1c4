// What the files of the extension share.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "filbert/filbert.hpp"

namespace py = pybind11;

namespace filbert::python {

void bind_checkpoint(py::module_& m);
void bind_files(py::module_& m);
void bind_forward(py::module_& m);
void bind_library(py::module_& m);
void bind_network(py::module_& m);
void bind_optimizer(py::module_& m);

/// Raised as filbert.BusyError.
struct Busy : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Who is using an object: many readers, or one writer. In its callbacks the writing thread may
/// read as well, and make changes that say so (Changing).
class Usage {
 public:
  /// False if somebody else writes; counted: whether end_read must follow.
  bool begin_read(bool& counted) {
    int now = users_.load(std::memory_order_relaxed);
    while (now >= 0) {
      if (users_.compare_exchange_weak(now, now + 1, std::memory_order_acquire)) {
        counted = true;
        return true;
      }
    }
    counted = false;
    return is_writer();
  }
  void end_read() { users_.fetch_sub(1, std::memory_order_release); }

  bool begin_write() {
    int none = 0;
    if (!users_.compare_exchange_strong(none, -1, std::memory_order_acquire)) return false;
    writer_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    return true;
  }
  void end_write() {
    writer_.store({}, std::memory_order_relaxed);
    users_.store(0, std::memory_order_release);
  }
  /// Whether the calling thread is the writer, which is then in one of its callbacks.
  bool is_writer() const {
    return writer_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

 private:
  std::atomic<int> users_{0};  // -1: a writer
  std::atomic<std::thread::id> writer_{};
};

class Reading {
 public:
  Reading(Usage& usage, const char* what) : usage_(usage) {
    if (!usage.begin_read(counted_)) throw Busy(what);
  }
  ~Reading() {
    if (counted_) usage_.end_read();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  Usage& usage_;
  bool counted_ = false;
};

class Writing {
 public:
  Writing(Usage& usage, const char* what) : usage_(usage) {
    if (!usage.begin_write()) throw Busy(what);
  }
  ~Writing() { usage_.end_write(); }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

 private:
  Usage& usage_;
};

/// For a change that the writing thread may make too, in its callbacks, between two steps.
class Changing {
 public:
  Changing(Usage& usage, const char* what) : usage_(usage), counted_(usage.begin_write()) {
    if (!counted_ && !usage.is_writer()) throw Busy(what);
  }
  ~Changing() {
    if (counted_) usage_.end_write();
  }
  Changing(const Changing&) = delete;
  Changing& operator=(const Changing&) = delete;

 private:
  Usage& usage_;
  bool counted_;
};

/// The labels as an array that nobody can write to, or None (bind_network.cpp).
py::object array_of(const Classes& classes);

/// A network with its users counted. What its inputs and outputs are called may be read at any
/// time, also while another thread trains it.
template <class T>
class SharedNetwork {
 public:
  explicit SharedNetwork(BasicNetwork<T> network)
      : net(std::move(network)), classes_(array_of(net.classes())) {}

  BasicNetwork<T> net;  // its names are to be set by the functions below
  Usage usage;

  py::object classes() {
    const std::lock_guard lock(naming_);
    return classes_;
  }
  std::vector<std::string> feature_names() {
    const std::lock_guard lock(naming_);
    return net.feature_names();
  }

  // For the writer of the network. Nothing of Python runs while the lock is held.
  void set_classes(Classes classes) {
    py::object array = array_of(classes);
    const std::lock_guard lock(naming_);
    net.set_classes(std::move(classes));
    std::swap(classes_, array);
  }
  void set_feature_names(std::vector<std::string> names) {
    const std::lock_guard lock(naming_);
    net.set_feature_names(std::move(names));
  }

 private:
  std::mutex naming_;
  py::object classes_;  // those of net, as Python has them
};

/// An optimizer with its users counted.
struct SharedOptimizer {
  explicit SharedOptimizer(Optimizer made) : optimizer(std::move(made)) {}

  Optimizer optimizer;
  Usage usage;
};

/// A network as Python has it (bind_files.cpp).
py::object shared(AnyNetwork network);

inline void require_layer(std::size_t l, std::size_t first, std::size_t last) {
  if (l < first || l > last) {
    throw py::key_error("layer: expected " + std::to_string(first) + " .. " + std::to_string(last) +
                        ", got " + std::to_string(l));
  }
}

inline constexpr const char* network_busy =
    "network: expected one that is not in use, got one that another call is using";
inline constexpr const char* forward_busy =
    "f: expected one that is not in use, got one that another call is using";
inline constexpr const char* optimizer_busy =
    "optimizer: expected one that is not in use, got one that another call is using";

}  // namespace filbert::python
