// How many cores this process may use.
#pragma once

#include <cstddef>

namespace filbert {

/// At least 1: the cores of the affinity mask, and no more than a cgroup limit (rounded up).
std::size_t cpu_count();

/// cpu_count() when it was first asked for.
std::size_t cores();

}  // namespace filbert
