#include "system/cpu_count.hpp"

#include <algorithm>

#include "system/threading.hpp"

#ifdef __linux__
#include <sched.h>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>
#endif

namespace filbert {

#ifdef __linux__
namespace {

std::size_t affinity() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return hardware_threads();
  return static_cast<std::size_t>(CPU_COUNT(&set));
}

/// The number that a word spells, whatever the locale is. 0 if the word is no number, or one that
/// is too large.
std::uint64_t number(const std::string& word) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size() ? value : 0;
}

/// How many processors one cgroup allows: its quota / period, rounded up, or 0 if it sets no limit.
std::size_t limit(const std::string& quota, const std::string& period) {
  const std::uint64_t time = number(quota), whole = number(period);
  return time == 0 || whole == 0 ? 0 : static_cast<std::size_t>((time - 1) / whole + 1);
}

std::size_t version2_limit(const std::string& folder) {
  std::string quota, period;
  std::ifstream(folder + "/cpu.max") >> quota >> period;  // "max 100000" or "150000 100000"
  return limit(quota, period);
}

std::size_t version1_limit(const std::string& folder) {
  std::string quota, period;
  std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;  // -1 means no limit
  std::ifstream(folder + "/cpu.cfs_period_us") >> period;
  return limit(quota, period);
}

/// The smallest limit among the process's cgroup and those above it, or 0 if none sets a limit.
std::size_t cgroup_limit() {
  std::size_t smallest = 0;
  const auto take = [&](std::size_t found) {
    if (found > 0) smallest = smallest == 0 ? found : std::min(smallest, found);
  };
  std::ifstream groups("/proc/self/cgroup");  // has lines "hierarchy:controllers:path"
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    std::string controllers = ",";
    controllers.append(line, first + 1, second - first - 1).append(",");
    const bool version2 = line.compare(0, second + 1, "0::") == 0;
    if (!version2 && controllers.find(",cpu,") == std::string::npos) continue;
    std::string path = line.substr(second + 1);
    for (;;) {
      take(version2 ? version2_limit("/sys/fs/cgroup" + path)
                    : version1_limit("/sys/fs/cgroup/cpu" + path));
      const std::size_t slash = path.rfind('/');
      if (path.empty() || slash == std::string::npos) break;
      path.resize(slash);
    }
  }
  return smallest;
}

}  // namespace

std::size_t cpu_count() {
  const std::size_t cores = std::max<std::size_t>(1, affinity());
  const std::size_t group = cgroup_limit();
  return group == 0 ? cores : std::min(cores, group);
}
#else
std::size_t cpu_count() { return std::max(1U, hardware_threads()); }
#endif

std::size_t cores() {
  static const std::size_t count = cpu_count();
  return count;
}

}  // namespace filbert
