// Who is using an object: many readers, or one writer.
#pragma once

#include <atomic>
#include <cstdint>
#include <forward_list>
#include <stdexcept>
#include <thread>

namespace filbert::python {

/// Raised as filbert.BusyError.
struct Busy : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The users of an object. In its callbacks the writing thread may read as well, and make changes
/// that say so (Changing). A child that is forked has the forking thread only, with what it uses;
/// what other threads used is free there.
class Usage {
 public:
  Usage() = default;
  Usage(const Usage&) = delete;
  Usage& operator=(const Usage&) = delete;

  /// From now on nobody may write, for as long as the object lives. Called before it is shared.
  void freeze() { frozen_ = true; }
  bool is_frozen() const { return frozen_; }

 private:
  friend class Use;

  // The number of readers, or `writer`, in the lower half; in the upper half the process that has
  // counted them: a count from before a fork does not count any more.
  std::atomic<std::uint64_t> state_{0};
  std::atomic<std::thread::id> writing_thread_{};
  bool frozen_ = false;
};

/// A use of an object by the calling thread while it lives. A thread's uses end in reverse order.
class Use {
 public:
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  /// Counts the forking thread's uses again, in the child.
  static void carry_over_fork() noexcept;

 protected:
  enum class Kind : unsigned char { reading, writing, within_writing };

  /// within: whether the writing thread may use the object once more.
  Use(Usage& usage, Kind wanted, bool within, const char* what);
  ~Use();

 private:
  static Kind begin(Usage& usage, Kind wanted, bool within, const char* what);

  Usage& usage_;
  Kind kind_;
  Use* before_;
};

/// Throws Busy if another thread writes. what: its message.
class Reading : Use {
 public:
  Reading(Usage& usage, const char* what) : Use(usage, Kind::reading, true, what) {}
};

/// Throws Busy if anybody uses the object, and a ValueError if nobody may change it.
class Writing : Use {
 public:
  Writing(Usage& usage, const char* what) : Use(usage, Kind::writing, false, what) {}
};

/// For a change that the writing thread may make too, in its callbacks, between two steps.
class Changing : Use {
 public:
  Changing(Usage& usage, const char* what) : Use(usage, Kind::writing, true, what) {}
};

/// The calling thread's uses of many objects.
template <class Kind>
class Uses {
 public:
  Uses() = default;
  Uses(const Uses&) = delete;
  Uses& operator=(const Uses&) = delete;
  ~Uses() {
    while (!all_.empty()) all_.pop_front();  // in reverse order
  }

  void add(Usage& usage, const char* what) { all_.emplace_front(usage, what); }

 private:
  std::forward_list<Kind> all_;
};

}  // namespace filbert::python
