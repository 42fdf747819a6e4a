// Which system calls change something on a disk, and where each keeps what the tracer must know of it.
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum call_kind {
    /// Bytes to a descriptor: counts where that is a file, and can be made short.
    CALL_WRITE,
    /// open(2) and its like: counts where the flags make or empty a file.
    CALL_OPEN,
    /// Anything else on a descriptor.
    CALL_FD,
    /// Anything else on a path.
    CALL_PATH,
    /// No file of its own: sync(2), mount(2), unshare(2).
    CALL_OTHER,
    /// ioctl(2): counts where it clones a file.
    CALL_IOCTL,
    /// Nothing on a disk, but something that others see: a signal. It is never counted.
    CALL_ACT,
};

struct call {
    long number;
    const char *name;
    enum call_kind kind;
    /// The argument with the descriptor, the path, or for a pair of paths the one that is made; -1: none.
    int subject;
    /// The argument with the directory that a relative path starts from; -1: the working directory.
    int directory;
    /// CALL_WRITE: the argument with the count. CALL_OPEN: the one with the flags. Else -1.
    int extra;
    /// Fails on a full disk: it takes blocks or inodes.
    bool needs_room;
};

extern const struct call calls[];
extern const size_t call_count;

/// The call with this number, or NULL.
const struct call *find_call(long number);
