// Threads that Python ends.
//
// While the interpreter shuts down, Python before 3.14 ends every other thread that takes the GIL,
// by pthread_exit. glibc unwinds the thread's stack then, as an exception does, through the C++
// code that the thread is in: destructors would run without the GIL, and the first one that must
// not throw would end the whole process.
#pragma once

namespace filbert::python {

/// Calls function(context), which must not throw and is to hold nothing that a destructor gives
/// back. If Python ends this thread in the midst of it, the thread sleeps instead, for the rest of
/// the process's life, as under Python 3.14.
void outlive(void (*function)(void*), void* context);

}  // namespace filbert::python
