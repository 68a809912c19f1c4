// Whatever the bytes are: an error that says so, or a network that predicts and is written down
// again as what was read. A mutator of its own keeps the header's length, and mostly the checksum,
// right: else hardly any change would come further than them.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "filbert/filbert.hpp"
#include "files/archive.hpp"
#include "system/hex.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

void expect(bool condition) {
  if (!condition) std::abort();
}

template <class T>
void use(const filbert::BasicNetwork<T>& net) {
  const std::vector<std::byte> bytes = to_bytes(net);
  filbert::AnyNetwork again = filbert::from_bytes(bytes);
  expect(std::visit([](const auto& read) { return to_bytes(read); }, again) == bytes);
  if (net.parameters().size() > 10000) return;
  const std::vector<T> x(net.inputs(), T(0));
  std::vector<T> a(net.outputs());
  predict(net, filbert::BasicMatrixView<const T>(x.data(), 1, x.size()),
          filbert::BasicMatrixView<T>(a.data(), 1, a.size()));
}

/// Makes the length and the checksum right where that can be done: the checksum of what the reader
/// would go over takes the place of the one that is there.
void repair(std::vector<std::uint8_t>& file, bool checksum) {
  if (file.size() < 10) return;
  std::size_t header = 8;  // the header ends where the braces do
  int depth = 0;
  bool quoted = false;
  for (; header < file.size(); ++header) {
    const char c = static_cast<char>(file[header]);
    if (quoted && c == '\\') {
      ++header;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == '{') {
      ++depth;
    } else if (!quoted && c == '}' && --depth == 0) {
      ++header;
      break;
    }
  }
  while (header < file.size() && file[header] == ' ') ++header;
  if (header > file.size()) return;
  const std::uint64_t length = header - 8;
  for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<std::uint8_t>(length >> (8 * i));
  if (!checksum) return;
  try {  // the message of a wrong checksum names the right one
    const std::span<const std::byte> bytes = std::as_bytes(std::span(file));
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    if (text.find("ensemble") != text.npos) {
      filbert::ensemble_from_bytes(bytes);
    } else {
      filbert::from_bytes(bytes);
    }
  } catch (const filbert::FormatError& error) {
    const std::string message = error.what();
    const std::size_t wrong = message.find("checksum: expected ");
    const std::size_t right = message.find(", by the metadata, got ");
    if (wrong == message.npos || right == message.npos) return;
    const std::string old = message.substr(wrong + 19, right - wrong - 19);
    const std::string fresh = message.substr(right + 23, 16);
    if (old.size() != fresh.size()) return;
    const std::string text(file.begin(), file.end());
    const std::size_t at = text.find(old);
    if (at != text.npos) std::memcpy(file.data() + at, fresh.data(), fresh.size());
  }
}

template <class T>
void use_all(const std::vector<filbert::BasicNetwork<T>>& networks) {
  std::vector<const filbert::BasicNetwork<T>*> all;
  for (const filbert::BasicNetwork<T>& net : networks) all.push_back(&net);
  const auto span = std::span<const filbert::BasicNetwork<T>* const>(all);
  const std::vector<std::byte> bytes = filbert::ensemble_to_bytes(span);
  const auto again =
      std::get<std::vector<filbert::BasicNetwork<T>>>(filbert::ensemble_from_bytes(bytes));
  expect(again.size() == networks.size());
  for (const filbert::BasicNetwork<T>& net : again) use(net);
}

/// As a network, as several of them, as an optimizer or as a checkpoint.
void read(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.find("training") != text.npos) {
    filbert::Checkpoint checkpoint = filbert::checkpoint_from_bytes(bytes);
    for (const auto& [name, numbers] : checkpoint.training.history) {
      expect(numbers.size() == checkpoint.training.position.epoch);
    }
  }
  if (text.find("ensemble") != text.npos) {
    const filbert::AnyEnsemble ensemble = filbert::ensemble_from_bytes(bytes);
    std::visit([](const auto& all) { use_all(all); }, ensemble);
  } else if (text.find("network") == text.npos) {
    filbert::Optimizer optimizer = filbert::optimizer_from_bytes(bytes);
    const std::vector<std::byte> again = to_bytes(optimizer);
    expect(to_bytes(filbert::optimizer_from_bytes(again)) == again);
  } else {
    filbert::AnyNetwork net = filbert::from_bytes(bytes);
    std::visit([](const auto& any) { use(any); }, net);
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 4 == 0) return size;
  std::vector<std::uint8_t> file(data, data + size);
  repair(file, seed % 4 == 1);
  if (!file.empty()) std::memcpy(data, file.data(), file.size());
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    read(std::as_bytes(std::span(data, size)));
  } catch (const filbert::FormatError&) {
  }
  return 0;
}
