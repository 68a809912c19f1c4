// The owner of every large block of numbers: 64-byte aligned, zeroed, copyable, movable. A block
// may also be part of something else that it keeps, such as a mapped file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "filbert/export.h"

namespace filbert {

/// Memory of so many bytes for free_zeroed, and where in it aligned numbers begin.
struct ZeroedMemory {
  void* block;
  void* data;
};

/// Large memory, all zero: it comes from the system page by page, as it is first written to. To
/// write it all at once could take seconds.  Throws std::bad_alloc.
FILBERT_API ZeroedMemory allocate_zeroed(std::size_t count, std::size_t size);
FILBERT_API void free_zeroed(void* block) noexcept;

template <class T>
class AlignedBuffer {
 public:
  static constexpr std::align_val_t alignment{64};  // one cache line, one AVX-512 register

  AlignedBuffer() noexcept = default;
  explicit AlignedBuffer(std::size_t size) {
    allocate(size);
    if (size > 0 && block_ == nullptr) std::memset(data_, 0, size * sizeof(T));
  }
  AlignedBuffer(const AlignedBuffer& other) {
    allocate(other.size_);
    std::copy_n(other.data_, size_, data_);
  }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        block_(std::exchange(other.block_, nullptr)),
        owner_(std::move(other.owner_)) {}
  /// Numbers that the owner keeps, aligned as all are. A copy of the buffer has its own memory.
  AlignedBuffer(std::shared_ptr<void> owner, T* data, std::size_t size) noexcept
      : data_(data), size_(size), owner_(std::move(owner)) {}
  /// Memory of the same size that is the buffer's own stays, and gets the other's numbers.
  AlignedBuffer& operator=(const AlignedBuffer& other) {
    if (this == &other) return *this;
    if (size_ != other.size_ || owner_) return *this = AlignedBuffer(other);
    std::copy_n(other.data_, size_, data_);
    return *this;
  }
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(block_, other.block_);
    owner_.swap(other.owner_);
    return *this;
  }
  ~AlignedBuffer() {
    if (block_ != nullptr) {
      free_zeroed(block_);
    } else if (!owner_) {
      ::operator delete(data_, alignment);
    }
  }

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  static_assert(std::is_arithmetic_v<T>, "a number of zero bytes is 0");
  static constexpr std::size_t large_bytes = std::size_t{1} << 20;

  /// Gives an empty buffer memory. What comes from allocate_zeroed is zero, other memory is not.
  void allocate(std::size_t size) {
    size_ = size;
    if (size == 0) return;
    if (size < large_bytes / sizeof(T)) {
      data_ = static_cast<T*>(::operator new(size * sizeof(T), alignment));
      return;
    }
    const auto [block, data] = allocate_zeroed(size, sizeof(T));
    block_ = block;
    data_ = static_cast<T*>(data);
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  void* block_ = nullptr;             // of allocate_zeroed
  std::shared_ptr<void> owner_ = {};  // none: the memory is the buffer's own
};

}  // namespace filbert
