// Files that are mapped into memory and may be larger than it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace filbert {

/// Takes the whole pages of this range out of the memory of the process. They have to be of a file
/// that is mapped so that it is shared: the system then keeps what it has room for, and whoever
/// reads the range again gets what is in the file. Does nothing where the system has no such call.
void drop_mapped_pages(const void* data, std::size_t bytes) noexcept;

/// Reads so many bytes at a position of an open file, as if it were not mapped. Returns false if
/// that cannot be done. Any number of threads may read one file.
[[nodiscard]] bool read_at(int file, void* to, std::size_t bytes, std::uint64_t position) noexcept;

}  // namespace filbert
