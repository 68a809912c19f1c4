#ifdef _WIN32

#define NOMINMAX
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <utility>

#include "files/temporary.hpp"

namespace filbert {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_by_system(const fs::path& path) {
  fail_to_save(path, std::error_code(static_cast<int>(GetLastError()), std::system_category()));
}

}  // namespace

void remove_if_dead(const fs::path& temporary) {
  DeleteFileW(temporary.c_str());  // fails while a process has it open
}

Temporary::Temporary(const fs::path& target) : target_(target), path_(new_temporary(target)) {
  file_ = CreateFileW(path_.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL,
                      nullptr);
  if (file_ == INVALID_HANDLE_VALUE) fail_by_system(target_);
}

void Temporary::discard() {
  if (file_ != INVALID_HANDLE_VALUE) CloseHandle(file_);
  if (!renamed_) DeleteFileW(path_.c_str());
}

void Temporary::write(std::span<const std::byte> bytes) {
  constexpr std::size_t most = std::size_t{1} << 30;
  while (!bytes.empty()) {
    DWORD count = 0;
    const auto part = static_cast<DWORD>(bytes.size() < most ? bytes.size() : most);
    if (WriteFile(file_, bytes.data(), part, &count, nullptr) == 0) fail_by_system(target_);
    bytes = bytes.subspan(count);
  }
}

void Temporary::overwrite(std::span<const std::byte> bytes) {
  if (SetFilePointerEx(file_, {}, nullptr, FILE_BEGIN) == 0) fail_by_system(target_);
  write(bytes);
  if (SetFilePointerEx(file_, {}, nullptr, FILE_END) == 0) fail_by_system(target_);
}

void Temporary::replace_target() {
  if (FlushFileBuffers(file_) == 0) fail_by_system(target_);
  if (CloseHandle(std::exchange(file_, INVALID_HANDLE_VALUE)) == 0) fail_by_system(target_);
  if (MoveFileExW(path_.c_str(), target_.c_str(),
                  MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) == 0) {
    fail_by_system(target_);
  }
  renamed_ = true;
}

}  // namespace filbert

#endif
