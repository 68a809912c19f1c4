// Files that are mapped into memory and may be larger than it.
#pragma once

#include <cstddef>

namespace filbert {

/// Takes the whole pages of this range out of the memory of the process. They have to be of a file
/// that is mapped so that it is shared: the system then keeps what it has room for, and whoever
/// reads the range again gets what is in the file. Does nothing where the system has no such call.
void drop_mapped_pages(const void* data, std::size_t bytes) noexcept;

}  // namespace filbert
