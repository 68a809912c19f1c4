// How many threads the library may use. Results do not depend on it, in any bit.
#pragma once

#include <cstddef>

#include "filbert/export.h"

namespace filbert {

/// threads: honoured as given, also above the number of cores; 0 means automatic: the environment
/// variable FILBERT_THREADS, unless it is empty or "auto", else the cores that affinity and cgroup
/// limits leave to the process, but no more than OMP_NUM_THREADS says.
/// Throws std::invalid_argument above 1024. Small networks use fewer, whatever is set.
FILBERT_API void set_threads(std::size_t threads);

/// The number of threads that a large network would use now.
/// Throws std::invalid_argument if FILBERT_THREADS is asked for and is something else.
FILBERT_API std::size_t get_threads();

}  // namespace filbert
