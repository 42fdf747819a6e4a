#define _GNU_SOURCE
#include "registers.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#if defined(__x86_64__)
typedef struct user_regs_struct registers;
#elif defined(__aarch64__)
typedef struct user_regs_struct registers;
#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif
#else
#error "killat knows the registers of x86-64 and of 64-bit Arm"
#endif

static bool get(pid_t pid, registers *all) {
    struct iovec place = {all, sizeof *all};
    return ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &place) == 0;
}

static bool set(pid_t pid, registers *all) {
    struct iovec place = {all, sizeof *all};
    return ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &place) == 0;
}

bool skip_call(pid_t pid) {
#if defined(__x86_64__)
    registers all;
    if (!get(pid, &all)) return false;
    all.orig_rax = -1;
    return set(pid, &all);
#else
    int none = -1;
    struct iovec place = {&none, sizeof none};
    return ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &place) == 0;
#endif
}

bool set_argument(pid_t pid, int index, unsigned long value) {
    registers all;
    if (!get(pid, &all)) return false;
#if defined(__x86_64__)
    unsigned long long *arguments[] = {(void *)&all.rdi, (void *)&all.rsi, (void *)&all.rdx,
                                       (void *)&all.r10, (void *)&all.r8,  (void *)&all.r9};
    *arguments[index] = value;
#else
    all.regs[index] = value;
#endif
    return set(pid, &all);
}

bool set_result(pid_t pid, long value) {
    registers all;
    if (!get(pid, &all)) return false;
#if defined(__x86_64__)
    all.rax = value;
#else
    all.regs[0] = value;
#endif
    return set(pid, &all);
}
