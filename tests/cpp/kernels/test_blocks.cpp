// Products that are large enough to be packed and cut into blocks, against the reference. The
// blocks depend on the sizes of the caches, which the environment variable FILBERT_CACHE_SIZES may
// set: with small ones these shapes reach every loop over blocks.
#include <cstddef>
#include <vector>

#include "kernels/dispatch.hpp"
#include "kernels/products.hpp"
#include "kernels/rows.hpp"
#include "kernels/tested.hpp"
#include "support/check.hpp"
#include "support/rules.hpp"

using namespace filbert;
using namespace tested;

namespace {

/// Of a product: rows of the operand that is broadcast, columns of the other one, and the length of
/// the chains. Each kernel gives them other roles.
struct Shape {
  std::size_t rows, columns, depth;
};

// Tiles have 6 rows, panels 16 columns of floats or 8 of doubles; all remainders of both are here.
// With a first cache of 16, 32 and 64 KiB, a block of chains is 128, 256 and 512 long at most.
constexpr Shape shapes[] = {
    {24, 345, 16},  // as few rows and as short chains as are worth it
    {72, 128, 32},  // nothing is left over
    {33, 290, 47},
    {25, 261, 130},   // chains just over a block of 16 KiB; one row and less than a vector left
    {26, 300, 257},   // just over a block of 32 KiB
    {27, 516, 34},    // just over the most columns of a block
    {28, 257, 385},   // four blocks of chains, of which the last one is shorter
    {29, 1039, 20},   // just over the most columns of a block of dW
    {62, 139, 50},    // tiles of columns in memory: eight together, then one, then 4 + 4 rows
    {110, 83, 17},    // twice eight together
    {131, 77, 65},    // several blocks of rows of doubles
    {160, 71, 129},   // several blocks of rows
    {98, 90, 700},    // several blocks of chains with any first cache of these
    {26, 262, 1027},  // dW of two blocks of the batch, of which the last one is tiny
    {67, 142, 2048},  // with 256 KiB, a block of rows that is packed again for other columns
    {260, 264, 256},  // the same of doubles with 32 KiB
};

/// The variant with plain numbers, this activation, and this choice of outputs.
int variant_of(std::size_t activation, int outputs) {
  return static_cast<int>(activation) + static_cast<int>(hidden_activations().size()) * 3 * outputs;
}

/// A slow one, for the reference has no blocks.
bool is_large(const Shape& shape) { return shape.rows * shape.columns * shape.depth > 3'000'000; }

/// Large shapes only with what they are for.
template <class T>
void blocks(const Tested<T>& test, const Shape& shape, std::size_t index) {
  const auto [rows, columns, depth] = shape;
  const std::size_t count = hidden_activations().size();
  for (std::size_t activation = 0; activation < count; ++activation) {
    const bool relu = hidden_activations()[activation].kind == ActivationKind::relu;
    if (!relu && (is_large(shape) || activation != index % count)) continue;
    // A relu without z, or without dC/da, is a part of the product.
    const int outputs = relu ? 1 : static_cast<int>(index % 4);
    forward(test, rows, columns, depth, variant_of(activation, outputs));
    backward_input(test, rows, depth, columns, variant_of(activation, relu ? 1 : outputs % 3));
  }
  const int variant = static_cast<int>(index) * 3;                      // plain numbers
  backward_weights(test, nullptr, depth, columns, rows, 15 * variant);  // adds to sums
  if (!is_large(shape)) backward_weights(test, nullptr, depth, columns, rows, 15 * variant + 3);
  if (depth > row_block) return;  // the contract of the fused ones
  const std::vector<Rule> all = rules::all_varied(static_cast<unsigned>(index));
  for (std::size_t rule = 0; rule < all.size(); ++rule) {
    if (index > 0 && rule != index % all.size()) continue;
    backward_weights(test, &all[rule], depth, columns, rows, variant);
  }
}

/// dW and the update of a layer so wide that only a part of a row of dW waits in scratch, where dz
/// is packed as well.
template <class T>
void wide_update(const Tested<T>& test) {
  constexpr std::size_t rows = 25, columns = 2700, depth = 128;
  const Rule rule = Sgd{.learning_rate = 0.1};
  backward_weights(test, &rule, depth, columns, rows, 0);
}

}  // namespace

int main() {
  report_touched_memory();
  for (const KernelTables& tables : available_tables()) {
    if (tables.isa == Isa::reference) continue;
    for_types(tables, [&](const auto& test) {
      std::size_t index = 0;
      for (const Shape& shape : shapes) {
        if (!check::quick() || !is_large(shape)) blocks(test, shape, index);
        ++index;
      }
      wide_update(test);
    });
  }
  return check::report();
}
