// The sizes of the caches of this processor, to which the blocks of large products are cut. No
// result depends on them.
#pragma once

#include <cstddef>

namespace filbert {

struct CacheSizes {
  std::size_t first;   // bytes of a core's first cache, of data
  std::size_t second;  // bytes of its second cache
};

/// Found once, by asking the processor or the system; 32 KiB and 512 KiB where neither says. The
/// environment variable FILBERT_CACHE_SIZES, such as "32768,524288", replaces them: it is for
/// tests.
const CacheSizes& cache_sizes();

}  // namespace filbert
