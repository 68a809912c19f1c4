// The speed of the machine itself: fused multiply-adds that never leave the registers, and the
// clock. The loops are assembly, so that no compiler can drop, merge or reorder what is counted.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace {

using Loop = void (*)(long rounds);

struct Kernel {
  const char* name;
  int lanes_float, lanes_double;
  Loop float_loop, double_loop;
  bool available;
};

#define TIMES4(x) x x x x
#define TIMES64(x) TIMES4(TIMES4(TIMES4(x)))

#if defined(__x86_64__)

// acc[n] += half * half, with acc in registers 0..13 and half in register 15: fourteen independent
// chains, more than two units with a latency of five cycles need.
#define EACH(x, reg)                                                                              \
  x(reg, "0") x(reg, "1") x(reg, "2") x(reg, "3") x(reg, "4") x(reg, "5") x(reg, "6") x(reg, "7") \
      x(reg, "8") x(reg, "9") x(reg, "10") x(reg, "11") x(reg, "12") x(reg, "13")
#define ZERO(reg, n) "vxorps %%ymm" n ", %%ymm" n ", %%ymm" n "\n\t"
#define PS(reg, n) "vfmadd231ps %%" reg "15, %%" reg "15, %%" reg n "\n\t"
#define PD(reg, n) "vfmadd231pd %%" reg "15, %%" reg "15, %%" reg n "\n\t"
#define SS(reg, n) "vfmadd231ss %%" reg "15, %%" reg "15, %%" reg n "\n\t"
#define SD(reg, n) "vfmadd231sd %%" reg "15, %%" reg "15, %%" reg n "\n\t"
#define FMA_LOOP(name, type, fill, fma, reg)                                                     \
  void name(long rounds) {                                                                       \
    const type half = 0.5;                                                                       \
    asm volatile(EACH(ZERO, reg) fill                                                            \
                 " %1, %%" reg                                                                   \
                 "15\n\t"                                                                        \
                 "1:\n\t" TIMES4(EACH(fma, reg)) "dec %0\n\tjnz 1b\n\tvzeroupper"                \
                 : "+r"(rounds)                                                                  \
                 : "m"(half)                                                                     \
                 : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", \
                   "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm15");                         \
  }
constexpr double kFmasPerRound = 4 * 14;

FMA_LOOP(avx512_float, float, "vbroadcastss", PS, "zmm")
FMA_LOOP(avx512_double, double, "vbroadcastsd", PD, "zmm")
FMA_LOOP(avx2_float, float, "vbroadcastss", PS, "ymm")
FMA_LOOP(avx2_double, double, "vbroadcastsd", PD, "ymm")
FMA_LOOP(scalar_float, float, "vmovss", SS, "xmm")
FMA_LOOP(scalar_double, double, "vmovsd", SD, "xmm")

// Additions that wait for each other take a cycle each. The addend is a register, because a
// processor may fold additions of constants.
void add_loop(long rounds) {
  long x = 1;
  asm volatile("1:\n\t" TIMES64("add %2, %1\n\t") "dec %0\n\tjnz 1b"
               : "+r"(rounds), "+r"(x)
               : "r"(3L)
               : "cc");
}

const std::vector<Kernel>& kernels() {
  static const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  static const std::vector<Kernel> table = {
      {"avx512", 16, 8, avx512_float, avx512_double, bool(__builtin_cpu_supports("avx512f"))},
      {"avx2", 8, 4, avx2_float, avx2_double, avx2},
      {"scalar", 1, 1, scalar_float, scalar_double, avx2},
  };
  return table;
}

#elif defined(__aarch64__)

// As above, with 24 chains: four units with a latency of four cycles need 16.
#define EACH(x)                                                                                 \
  x("0") x("1") x("2") x("3") x("4") x("5") x("6") x("7") x("8") x("9") x("10") x("11") x("12") \
      x("13") x("14") x("15") x("16") x("17") x("18") x("19") x("20") x("21") x("22") x("23")
#define ZERO(n) "movi v" n ".2d, #0\n\t"
#define PS(n) "fmla v" n ".4s, v31.4s, v31.4s\n\t"
#define PD(n) "fmla v" n ".2d, v31.2d, v31.2d\n\t"
#define SS(n) "fmadd s" n ", s31, s31, s" n "\n\t"
#define SD(n) "fmadd d" n ", d31, d31, d" n "\n\t"
#define FMA_LOOP(name, arrangement, fma)                                                           \
  void name(long rounds) {                                                                         \
    asm volatile(EACH(ZERO) "fmov v31." arrangement                                                \
                            ", #0.5\n\t"                                                           \
                            "1:\n\t" EACH(fma) EACH(fma) "subs %0, %0, #1\n\tb.ne 1b"              \
                 : "+r"(rounds)                                                                    \
                 :                                                                                 \
                 : "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", \
                   "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22",    \
                   "v23", "v31");                                                                  \
  }
constexpr double kFmasPerRound = 2 * 24;

FMA_LOOP(neon_float, "4s", PS)
FMA_LOOP(neon_double, "2d", PD)
FMA_LOOP(scalar_float, "4s", SS)
FMA_LOOP(scalar_double, "2d", SD)

void add_loop(long rounds) {
  long x = 1;
  asm volatile("1:\n\t" TIMES64("add %1, %1, %2\n\t") "subs %0, %0, #1\n\tb.ne 1b"
               : "+r"(rounds), "+r"(x)
               : "r"(3L)
               : "cc");
}

const std::vector<Kernel>& kernels() {
  static const std::vector<Kernel> table = {
      {"neon", 4, 2, neon_float, neon_double, true},
      {"scalar", 1, 1, scalar_float, scalar_double, true},
  };
  return table;
}

#else
#error "no calibration for this kind of processor"
#endif

constexpr double kAddsPerRound = 64;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double clock_rate(long rounds) {
  const double start = now();
  add_loop(rounds);
  return kAddsPerRound * static_cast<double>(rounds) / (now() - start);
}

}  // namespace

extern "C" {

int kernel_count() { return static_cast<int>(kernels().size()); }
const char* kernel_name(int k) { return kernels()[k].name; }
int kernel_lanes(int k, int is_double) {
  return is_double ? kernels()[k].lanes_double : kernels()[k].lanes_float;
}
int kernel_available(int k) { return kernels()[k].available; }

// Runs one kernel on some threads at once. flops_per_second: of all together; hertz: the clock,
// the mean over threads of what it was just before and just after.
void measure(int k, int is_double, int threads, long rounds, double* flops_per_second,
             double* hertz) {
  const Kernel& kernel = kernels()[k];
  const Loop loop = is_double ? kernel.double_loop : kernel.float_loop;
  std::vector<double> start(threads), stop(threads), clock(threads);
  std::atomic<int> waiting = threads;
  auto work = [&](int t) {
    const double before = clock_rate(rounds);
    for (--waiting; waiting > 0;) {
    }
    start[t] = now();
    loop(rounds);
    stop[t] = now();
    clock[t] = (before + clock_rate(rounds)) / 2;
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(work, t);
  work(0);
  for (std::thread& other : others) other.join();

  const double seconds =
      *std::max_element(stop.begin(), stop.end()) - *std::min_element(start.begin(), start.end());
  const double fmas = kFmasPerRound * static_cast<double>(rounds) * threads;
  *flops_per_second = 2 * fmas * kernel_lanes(k, is_double) / seconds;
  *hertz = 0;
  for (double rate : clock) *hertz += rate / threads;
}

}  // extern "C"
