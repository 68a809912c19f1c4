// The matrix products of one layer, each by filbert's kernels and by a BLAS, timed in turn on one
// thread. The operands lie where they lie in a network that trains: rows of batches with the
// strides of a workspace, W and the velocity inside the flat buffers of parameters and state.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <random>
#include <string>

#include "filbert/isa.hpp"
#include "filbert/network.hpp"
#include "filbert/rules.hpp"
#include "filbert/workspace.hpp"
#include "kernels/dispatch.hpp"
#include "system/float_mode.hpp"
#include "system/team.hpp"
#include "training/update.hpp"

namespace filbert {
namespace {

enum class Product { forward, backward_input, backward_weights, backward_weights_update };

/// cblas_sgemm and cblas_dgemm with indices of 64 bits.
template <class T>
using Gemm = void (*)(int order, int transpose_a, int transpose_b, std::int64_t m, std::int64_t n,
                      std::int64_t k, T alpha, const T* a, std::int64_t lda, const T* b,
                      std::int64_t ldb, T beta, T* c, std::int64_t ldc);
constexpr int row_major = 101, as_it_is = 111, transposed = 112;

/// w and v are read and written, as an update does it at the least, without any arithmetic to wait
/// for. one: 1, which the compiler does not know.
template <class T>
void stream(T* __restrict w, T* __restrict v, std::size_t size, T one) {
  for (std::size_t i = 0; i < size; ++i) {
    w[i] *= one;
    v[i] *= one;
  }
}

template <class Run>
double seconds_of(std::size_t times, Run run) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  for (std::size_t i = 0; i < times; ++i) run();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// How often to run in one sample so that it takes some seconds. The first runs do not count.
template <class Run>
std::size_t often_enough(double seconds, Run run) {
  run();
  std::size_t times = 1;
  double took = seconds_of(times, run);
  while (took < seconds / 4) {
    times *= 4;
    took = seconds_of(times, run);
  }
  return std::max<std::size_t>(
      1, static_cast<std::size_t>(std::ceil(static_cast<double>(times) * seconds / took)));
}

template <class T>
double largest(const BasicMatrixView<T>& values) {
  double most = 0;
  for (std::size_t i = 0; i < values.rows(); ++i) {
    for (std::size_t j = 0; j < values.cols(); ++j) {
      most = std::max(most, std::fabs(static_cast<double>(values(i, j))));
    }
  }
  return most;
}

/// The largest difference, relative to the largest right value; infinite where one is not a number.
template <class T>
double difference(const BasicMatrixView<T>& got, const BasicMatrixView<T>& right) {
  double most = 0;
  for (std::size_t i = 0; i < right.rows(); ++i) {
    for (std::size_t j = 0; j < right.cols(); ++j) {
      const double off = std::fabs(static_cast<double>(got(i, j)) - right(i, j));
      if (!(off <= most)) most = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
    }
  }
  return most / largest(right);
}

class Products {
 public:
  virtual ~Products() = default;
  virtual double error(Product product) = 0;
  virtual void measure(Product product, std::size_t pairs, double seconds, double* filbert,
                       double* blas, double* stream) = 0;
};

/// The second layer of a net of sizes 1, k, n with identity activations and biases of 0, so that
/// both compute the same. a(1) is the input x, a(2) what forward gives, dz(1) what dX is called.
template <class T>
class ProductsOf final : public Products {
 public:
  ProductsOf(std::size_t m, std::size_t k, std::size_t n, Gemm<T> gemm)
      : gemm_(gemm),
        m_(m),
        k_(k),
        n_(n),
        net_({1, k, n}, {.activation = identity}),
        work_(net_, {.max_batch = m}),
        right_(net_, {.max_batch = m}),
        gradients_(net_),
        right_gradients_(net_),
        velocity_(net_) {
    work_.set_rows(m);
    right_.set_rows(m);
    std::minstd_rand random;
    std::uniform_real_distribution<T> uniform(-1, 1);
    for (const BasicMatrixView<T>& view : {work_.a(1), work_.dz(2)}) {
      for (std::size_t i = 0; i < view.rows(); ++i) {
        for (std::size_t j = 0; j < view.cols(); ++j) view(i, j) = uniform(random);
      }
    }
  }

  double error(Product product) override {
    const FloatMode mode;
    constexpr T wrong = std::numeric_limits<T>::quiet_NaN();
    if (product == Product::backward_weights_update) return update_error();
    for (BasicWorkspace<T>* workspace : {&work_, &right_}) {
      fill(workspace->a(2), wrong);
      fill(workspace->dz(1), wrong);
    }
    fill(gradients_.w(2), wrong);
    run(product, {});
    run_blas(product, right_, right_gradients_);
    if (product == Product::forward) return difference(work_.a(2), right_.a(2));
    if (product == Product::backward_input) return difference(work_.dz(1), right_.dz(1));
    return difference(gradients_.w(2), right_gradients_.w(2));
  }

  void measure(Product product, std::size_t pairs, double seconds, double* filbert, double* blas,
               double* streamed) override {
    const FloatMode mode;
    const UpdateStep<T> step = update_step(1e-9);  // so small that W stays what it is
    const auto ours = [&] { run(product, step); };
    const auto theirs = [&] { run_blas(product, work_, gradients_); };
    volatile T one = 1;
    const auto memory = [&] { stream(net_.w(2).data(), velocity_.w(2).data(), k_ * n_, T(one)); };
    const bool updates = product == Product::backward_weights_update;
    const std::size_t our_times = often_enough(seconds, ours);
    const std::size_t their_times = often_enough(seconds, theirs);
    const std::size_t memory_times = updates ? often_enough(seconds, memory) : 0;
    const auto sample = [](std::size_t times, const auto& work) {
      return seconds_of(times, work) / static_cast<double>(times);
    };
    std::minstd_rand random;
    for (std::size_t i = 0; i < pairs; ++i) {
      // Either may be the first: what comes at regular intervals, such as another process that has
      // its turn on this processor, shall not hit always the same one.
      const bool swapped = std::bernoulli_distribution()(random);
      if (swapped) blas[i] = sample(their_times, theirs);
      filbert[i] = sample(our_times, ours);
      if (!swapped) blas[i] = sample(their_times, theirs);
      if (updates) streamed[i] = sample(memory_times, memory);
    }
  }

 private:
  static void fill(const BasicMatrixView<T>& view, T value) {
    for (std::size_t i = 0; i < view.rows(); ++i) {
      for (std::size_t j = 0; j < view.cols(); ++j) view(i, j) = value;
    }
  }

  UpdateStep<T> update_step(double learning_rate) const {
    UpdateSteps<T> steps;
    set_steps<T>(steps, Sgd{.learning_rate = learning_rate, .momentum = 0.9}, {learning_rate}, {},
                 1);
    return steps.weights;
  }

  void run(Product product, const UpdateStep<T>& step) {
    const Kernels<T>& kernels = active_kernels<T>();
    const BasicMatrixView<T> a = work_.a(2), dz = work_.dz(2), dx = work_.dz(1), from = work_.a(1),
                             w = net_.w(2);
    const T* const* const x = work_.a_rows(1);
    T* const scratch = static_cast<T*>(own_scratch());
    switch (product) {
      case Product::forward:
        kernels.forward(nullptr, a.stride(), a.data(), a.stride(), x, 0, w.data(), w.stride(),
                        net_.b(2).data(), identity, {true, true}, m_, n_, k_, scratch);
        break;
      case Product::backward_input:
        kernels.backward_input(nullptr, 0, dx.data(), dx.stride(), dz.data(), dz.stride(), w.data(),
                               w.stride(), from.data(), from.stride(), identity, m_, k_, n_,
                               scratch);
        break;
      case Product::backward_weights:
        kernels.backward_weights(gradients_.w(2).data(), false, x, 0, dz.data(), dz.stride(), m_,
                                 k_, n_, scratch);
        break;
      case Product::backward_weights_update:
        kernels.backward_weights_update(
            {.w = net_.parameters().data(), .state = {velocity_.flat().data()}}, net_.offset(2),
            step, x, 0, dz.data(), dz.stride(), m_, k_, n_, scratch);
        break;
    }
  }

  /// to: where a and dX go; gradients: where dW goes. The operands are those of filbert.
  void run_blas(Product product, BasicWorkspace<T>& to, BasicGradients<T>& gradients) {
    const auto sign = [](std::size_t size) { return static_cast<std::int64_t>(size); };
    const std::int64_t m = sign(m_), k = sign(k_), n = sign(n_);
    const BasicMatrixView<T> x = work_.a(1), dz = work_.dz(2), w = net_.w(2), a = to.a(2),
                             dx = to.dz(1);
    const std::int64_t ldx = sign(x.stride()), ldz = sign(dz.stride());
    switch (product) {
      case Product::forward:
        gemm_(row_major, as_it_is, as_it_is, m, n, k, 1, x.data(), ldx, w.data(), n, 0, a.data(),
              sign(a.stride()));
        break;
      case Product::backward_input:
        gemm_(row_major, as_it_is, transposed, m, k, n, 1, dz.data(), ldz, w.data(), n, 0,
              dx.data(), sign(dx.stride()));
        break;
      case Product::backward_weights:
      case Product::backward_weights_update:  // a BLAS has no update: dW alone
        gemm_(row_major, transposed, as_it_is, k, n, m, 1, x.data(), ldx, dz.data(), ldz, 0,
              gradients.w(2).data(), n);
        break;
    }
  }

  /// One step from a velocity of 0: the velocity is dW then, and W moves against it.
  double update_error() {
    const double rate = 0.01;
    std::ranges::fill(velocity_.flat(), T(0));
    std::ranges::copy(net_.parameters(), gradients_.flat().begin());
    run_blas(Product::backward_weights_update, right_, right_gradients_);
    run(Product::backward_weights_update, update_step(rate));
    const BasicMatrixView<T> dw = right_gradients_.w(2), moved = gradients_.w(2);
    for (std::size_t i = 0; i < k_; ++i) {
      for (std::size_t j = 0; j < n_; ++j) moved(i, j) -= static_cast<T>(rate) * dw(i, j);
    }
    return std::max(difference(velocity_.w(2), dw), difference(net_.w(2), moved));
  }

  Gemm<T> gemm_;
  std::size_t m_, k_, n_;
  BasicNetwork<T> net_;
  BasicWorkspace<T> work_, right_;
  BasicGradients<T> gradients_, right_gradients_, velocity_;  // all laid out like the parameters
};

std::string failure;

template <class Work>
auto caught(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& error) {
    failure = error.what();
    return {};
  }
}

}  // namespace
}  // namespace filbert

#if defined(_MSC_VER)
#define BENCHMARK_API extern "C" __declspec(dllexport)
#else
#define BENCHMARK_API extern "C" __attribute__((visibility("default")))
#endif

/// Why the last call gave null.
BENCHMARK_API const char* why() { return filbert::failure.c_str(); }

/// Chooses an instruction set, or the best one if the name is empty. Gives its name, or null.
BENCHMARK_API const char* choose(const char* name) {
  return filbert::caught([&]() -> const char* {
    const std::string asked = name;
    filbert::set_isa(asked.empty() ? filbert::isas().front() : filbert::isa_from_string(asked));
    return filbert::to_string(filbert::isa()).data();
  });
}

/// A layer of k inputs and n outputs and a batch of m rows, or null. gemm: cblas_sgemm or, for
/// doubles, cblas_dgemm.
BENCHMARK_API void* layer(int is_double, std::size_t m, std::size_t k, std::size_t n, void* gemm) {
  return filbert::caught([&]() -> filbert::Products* {
    if (is_double != 0) {
      return new filbert::ProductsOf<double>(m, k, n,
                                             reinterpret_cast<filbert::Gemm<double>>(gemm));
    }
    return new filbert::ProductsOf<float>(m, k, n, reinterpret_cast<filbert::Gemm<float>>(gemm));
  });
}

BENCHMARK_API void release(void* of) { delete static_cast<filbert::Products*>(of); }

/// How far filbert's product is from the BLAS's, relative to the largest value.
BENCHMARK_API double error(void* of, int product) {
  return static_cast<filbert::Products*>(of)->error(static_cast<filbert::Product>(product));
}

/// Seconds of one product, a sample of each in turn: `pairs` numbers in each array. stream: the
/// time of reading and writing W and the velocity; with the update only.
BENCHMARK_API void measure(void* of, int product, std::size_t pairs, double seconds,
                           double* filbert, double* blas, double* stream) {
  static_cast<filbert::Products*>(of)->measure(static_cast<filbert::Product>(product), pairs,
                                               seconds, filbert, blas, stream);
}
