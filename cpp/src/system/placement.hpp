// On which processor a thread runs.
#pragma once

namespace filbert {

/// The processor that the calling thread runs on, or -1 where the system does not say.
int current_processor();

/// Has the calling thread run elsewhere, if it runs on this processor and may run on another one.
/// Afterwards it may run wherever it might before. A virtual machine often wakes a helper on the
/// processor of its leader, because one that has been idle for some hundredths of a second, and
/// that the host has given to others, does not count as free. The two then take turns, barrier by
/// barrier, until the system balances its load: that costs up to 8 ms.
void leave_processor(int processor);

}  // namespace filbert
