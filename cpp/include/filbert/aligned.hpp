// The owner of every large block of numbers: 64-byte aligned, zeroed, copyable, movable. A block
// may also be part of something else that it keeps, such as a mapped file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace filbert {

template <class T>
class AlignedBuffer {
 public:
  static constexpr std::align_val_t alignment{64};  // one cache line, one AVX-512 register

  AlignedBuffer() noexcept = default;
  explicit AlignedBuffer(std::size_t size)
      : data_(size == 0 ? nullptr : static_cast<T*>(::operator new(size * sizeof(T), alignment))),
        size_(size) {
    std::fill_n(data_, size_, T{});
  }
  AlignedBuffer(const AlignedBuffer& other) : AlignedBuffer(other.size_) {
    std::copy_n(other.data_, size_, data_);
  }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        owner_(std::move(other.owner_)) {}
  /// Numbers that the owner keeps, aligned as all are. A copy of the buffer has its own memory.
  AlignedBuffer(std::shared_ptr<void> owner, T* data, std::size_t size) noexcept
      : data_(data), size_(size), owner_(std::move(owner)) {}
  AlignedBuffer& operator=(AlignedBuffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    owner_.swap(other.owner_);
    return *this;
  }
  ~AlignedBuffer() {
    if (!owner_) ::operator delete(data_, alignment);
  }

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::shared_ptr<void> owner_ = {};  // none: the memory is the buffer's own
};

}  // namespace filbert
