// The checksum of a file, against the reference implementation of XXH64.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "files/checksum.hpp"
#include "support/check.hpp"

namespace {

std::uint64_t checksum(std::string_view text, std::size_t piece) {
  filbert::Checksum sum;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    sum.update(std::as_bytes(std::span(text.substr(at, piece))));
  }
  return sum.value();
}

void checksums() {
  // Values of the reference implementation.
  CHECK_EQ(checksum("", 1), std::uint64_t{0xEF46DB3751D8E999});
  CHECK_EQ(checksum("a", 1), std::uint64_t{0xD24EC4F1A98C6E5B});
  CHECK_EQ(checksum("abc", 1), std::uint64_t{0x44BC2CF5AD770999});
  CHECK_EQ(checksum("Nobody inspects the spammish repetition", 100),
           std::uint64_t{0xFBCEA83C8A378BF1});
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>(i);
  const std::uint64_t whole = checksum(text, 200);
  for (const std::size_t piece : {1, 7, 31, 32, 33, 64, 65}) {
    const check::Case at("pieces of", piece);
    CHECK_EQ(checksum(text, piece), whole);
  }
}

}  // namespace

int main() {
  checksums();
  return check::report();
}
