// host PLUGIN REPETITIONS loads the plugin, lets it train, unloads it, and lives on. A thread of
// the plugin's that is still there afterwards would run code that is not.
#include <dirent.h>
#include <dlfcn.h>
#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

/// Threads of this process, where the system tells.
int count_threads() {
  DIR* const folder = opendir("/proc/self/task");
  if (folder == nullptr) return 0;
  int count = -2;  // . and ..
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

/// A thread that has been joined may be listed for a moment.
bool only_this_thread_is_left() {
  for (int tries = 0; tries < 1'000'000; ++tries) {
    if (count_threads() <= 1) return true;
    sched_yield();
  }
  return false;
}

int fail(int repetition, const char* what) {
  std::fprintf(stderr, "repetition %d: %s\n", repetition, what);
  return 1;
}

}  // namespace

int main(int, char** arguments) {
  const char* const path = arguments[1];
  const int repetitions = std::atoi(arguments[2]);
  for (int i = 0; i < repetitions; ++i) {
    void* const plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) return fail(i, dlerror());
    const auto train = reinterpret_cast<bool (*)()>(dlsym(plugin, "train"));
    if (train == nullptr) return fail(i, dlerror());
    bool trained = false;
    // What a thread keeps for itself keeps the plugin loaded as long as that thread lives.
    std::thread([&] { trained = train(); }).join();
    if (!trained) return fail(i, "expected a smaller cost after training");
    if (dlclose(plugin) != 0) return fail(i, dlerror());
#ifdef __linux__
    if (dlopen(path, RTLD_NOW | RTLD_NOLOAD) != nullptr)
      return fail(i, "the plugin is still loaded");
    if (!only_this_thread_is_left()) return fail(i, "a thread of the plugin's is still there");
#endif
  }
  // The last time, it stays until the end of the process.
  void* const plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!reinterpret_cast<bool (*)()>(dlsym(plugin, "train"))()) return fail(repetitions, "cost");
  dlclose(plugin);
  std::printf("unloaded %d times\n", repetitions);
}
