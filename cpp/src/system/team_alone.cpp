// Teams where the C++ library has no threads: whoever asks for a team works alone.
#include "system/threading.hpp"

#ifdef FILBERT_ONE_THREAD

#include "filbert/aligned.hpp"
#include "system/float_mode.hpp"
#include "system/scratch.hpp"
#include "system/team.hpp"

namespace filbert {

void Barrier::wait() {}

void Worker::await_previous() {}

unsigned forks() { return 0; }

void* own_scratch() {
  // It is never freed, because destructors of static objects may compute.
  static auto* const scratch = new AlignedBuffer<unsigned char>(scratch_bytes);
  return scratch->data();
}

void run_team(std::size_t, void (*work)(void*, Worker&), void* context, Helpers) {
  const FloatMode mode;
  Worker alone(0, 1, nullptr, nullptr, own_scratch());
  work(context, alone);
}

}  // namespace filbert

#endif
