// The three things that a tracer changes in a stopped process, which each architecture keeps elsewhere.
#pragma once
#include <stdbool.h>
#include <sys/types.h>

/// Makes the call that is about to begin none at all; its result is then set at its exit.
bool skip_call(pid_t pid);
/// Changes an argument (0 to 5) of the call that is about to begin.
bool set_argument(pid_t pid, int index, unsigned long value);
/// Changes the result of the call that has just ended.
bool set_result(pid_t pid, long value);
