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
/// tests. Any other text in it is ignored. The first is at least 8 KiB and at most 256 KiB, the
/// second at least 64 KiB and at most 64 MiB: a size beyond becomes the nearest one.
const CacheSizes& cache_sizes();

}  // namespace filbert
