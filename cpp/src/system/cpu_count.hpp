// How many cores this process may use.
#pragma once

#include <cstddef>

namespace filbert {

/// The number of cores in the affinity mask, or the limit of the cgroup, rounded up, if that is
/// lower. At least 1.
std::size_t cpu_count();

/// What cpu_count() returned when it was first asked.
std::size_t cores();

}  // namespace filbert
