#include "cpu_count.hpp"

#include <algorithm>
#include <thread>

#ifdef __linux__
#include <sched.h>

#include <cmath>
#include <fstream>
#include <string>
#endif

namespace filbert {

#ifdef __linux__
namespace {

std::size_t affinity() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return std::thread::hardware_concurrency();
  return static_cast<std::size_t>(CPU_COUNT(&set));
}

/// quota / period of one cgroup, or 0 where there is no limit.
std::size_t limit(double quota, double period) {
  return quota > 0 && period > 0 ? static_cast<std::size_t>(std::ceil(quota / period)) : 0;
}

std::size_t version2_limit(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");  // "max 100000" or "150000 100000"
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max") return 0;
  return limit(std::strtod(quota.c_str(), nullptr), period);
}

std::size_t version1_limit(const std::string& folder) {
  double quota = 0, period = 0;
  std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;  // -1: none
  std::ifstream(folder + "/cpu.cfs_period_us") >> period;
  return limit(quota, period);
}

/// The smallest limit on the way from the process's cgroup up to the root, or 0.
std::size_t cgroup_limit() {
  std::size_t smallest = 0;
  const auto take = [&](std::size_t found) {
    if (found > 0) smallest = smallest == 0 ? found : std::min(smallest, found);
  };
  std::ifstream groups("/proc/self/cgroup");  // lines "hierarchy:controllers:path"
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
std::size_t cpu_count() { return std::max(1U, std::thread::hardware_concurrency()); }
#endif

}  // namespace filbert
