// killat: ends an agent, or lets one of its system calls fail, at a place that is chosen by counting.
//
//   killat --report FILE [--list] [--ignore TEXT]… [--at PHASE:NUMBER:WHAT]… -- PROGRAM ARGUMENTS…
//
// It runs the program and everything that it starts under ptrace(2), and counts the calls that change something
// on a disk (calls.c). Each phase has a count of its own: a phase is what one verb of fleet-agent (`serve`,
// `supervise`, `job`, `recover`, `boot-files`, `boot-settle`) does, with the commands that it runs. At the call
// with the given number of a phase it does WHAT:
//
//   crash-entry  crash-exit   SIGKILL for the agent's process of that phase, and for nobody else; the call is not
//                             done, or has just been done
//   cut-entry    cut-exit     killat ends, and with it everything in its pid namespace: a power cut
//   fail=ERRNO                the call is not done and fails
//   fail-on=ERRNO             so do all that follow in that phase; with ENOSPC only those that need room
//   short                     of the bytes to be written only half are (a call that writes none is left alone)
//
// What has happened goes to the report, a line each:
//
//   call PHASE NUMBER CALL PROGRAM PATH     with --list, for every counted call
//   act  PHASE                              with --list: a process of it was started, became another program, ended,
//                                           or sent a signal
//   hit  PHASE NUMBER WHAT CALL PROGRAM PATH
//   end  PHASE NUMBER                       the agent's process of this phase has ended; its count so far
//
// What --ignore names by a part of its command line (the app itself) runs on uncounted. A filter of seccomp(2)
// stops only the calls in question, which makes it fast; since that filter stays with a process, killat stays as
// long as anything that it traces, and all of it dies with killat.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "registers.h"

#define MAX_PHASES 16
#define MAX_PROCESSES 1024
#define MAX_PLANS 16
#define MAX_IGNORED 8

struct phase {
    char name[32];
    long count;
};

struct plan {
    char phase[32];
    long number;
    enum { CRASH, CUT, FAIL, FAIL_ON, SHORT } what;
    bool at_exit;
    int error;
    char words[32];
    bool is_done;
};

struct process {
    pid_t pid;
    /// -1 until an agent's verb is executed.
    int phase;
    /// The agent's process of the phase, which a crash kills.
    pid_t leader;
    bool is_ignored;
    /// It has stopped before its parent told of it, and waits for that.
    bool is_held;
    /// What the exit of the call under way is waited for.
    enum { NOTHING, TO_KILL, TO_FAIL } at_exit;
    struct plan *plan;
};

static struct phase phases[MAX_PHASES];
static int phase_count;
static struct plan plans[MAX_PLANS];
static int plan_count;
static struct process processes[MAX_PROCESSES];
static int process_count;
static const char *ignored[MAX_IGNORED];
static int ignored_count;
static int report_fd = -1;
static bool lists;

static void die(const char *why) {
    fprintf(stderr, "killat: %s: %s\n", why, strerror(errno));
    exit(125);
}

static void report(const char *format, ...) {
    char line[PATH_MAX + 256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    if (length > (int)sizeof line - 2) length = sizeof line - 2;
    for (int i = 0; i < length; i++)
        if (line[i] == '\n') line[i] = '?';
    line[length++] = '\n';
    if (write(report_fd, line, length) != length) die("report");
}

// --- who is traced -------------------------------------------------------------------------------------------

static struct process *find(pid_t pid) {
    for (int i = 0; i < process_count; i++)
        if (processes[i].pid == pid) return &processes[i];
    return NULL;
}

static struct process *add(pid_t pid) {
    if (process_count == MAX_PROCESSES) {
        errno = EAGAIN;
        die("too many processes");
    }
    struct process *new = &processes[process_count++];
    *new = (struct process){.pid = pid, .phase = -1};
    return new;
}

/// Something that no disk shows was done between two counted calls.
static void note_act(const struct process *process) {
    if (lists && process->phase >= 0 && !process->is_ignored) report("act %s", phases[process->phase].name);
}

static void forget(pid_t pid) {
    struct process *gone = find(pid);
    if (gone == NULL) return;
    note_act(gone);
    if (gone->leader == pid && gone->phase >= 0)
        report("end %s %ld", phases[gone->phase].name, phases[gone->phase].count);
    *gone = processes[--process_count];
}

static int phase_named(const char *name) {
    for (int i = 0; i < phase_count; i++)
        if (strcmp(phases[i].name, name) == 0) return i;
    if (phase_count == MAX_PHASES) return MAX_PHASES - 1;
    snprintf(phases[phase_count].name, sizeof phases[phase_count].name, "%.31s", name);
    return phase_count++;
}

/// The command line, its words separated by NULs; the number of bytes.
static ssize_t read_command_line(pid_t pid, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t length = read(fd, text, size - 1);
    close(fd);
    text[length < 0 ? 0 : length] = 0;
    return length;
}

/// A program was executed: it may begin a phase, or be one that is left alone.
static void notice_program(struct process *process) {
    char line[4096];
    ssize_t length = read_command_line(process->pid, line, sizeof line);
    if (length <= 0) return;
    const char *program = line;
    const char *slash = strrchr(program, '/');
    if (slash) program = slash + 1;
    const char *verb = line + strlen(line) + 1;
    const char *known[] = {"serve", "supervise", "job", "recover"};
    if (strcmp(program, "fleet-agent") == 0 && verb < line + length) {
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            if (strcmp(verb, known[i]) != 0) continue;
            const char *option = verb + strlen(verb) + 1;
            bool at_boot = option < line + length && strncmp(option, "--boot-", 7) == 0;
            process->phase = phase_named(at_boot ? option + 2 : verb);
            process->leader = process->pid;
        }
    }
    for (ssize_t i = 0; i + 1 < length; i++)
        if (line[i] == 0) line[i] = ' ';
    for (int i = 0; i < ignored_count; i++)
        if (strstr(line, ignored[i])) process->is_ignored = true;
}

/// A child, or a thread, belongs to what its parent belongs to.
static void inherit(struct process *child, const struct process *parent) {
    child->phase = parent->phase;
    child->leader = parent->leader;
    child->is_ignored = parent->is_ignored;
}

// --- what a call is about ------------------------------------------------------------------------------------

static bool link_target(char *target, size_t size, const char *format, pid_t pid, int number) {
    char path[64];
    snprintf(path, sizeof path, format, pid, number);
    ssize_t length = readlink(path, target, size - 1);
    target[length < 0 ? 0 : length] = 0;
    return length > 0;
}

static bool read_text(pid_t pid, unsigned long address, char *text, size_t size) {
    // Page by page: the text may end right before one that is not there.
    size_t have = 0;
    while (have < size - 1) {
        size_t left_in_page = 4096 - (address + have) % 4096;
        size_t wanted = size - 1 - have < left_in_page ? size - 1 - have : left_in_page;
        struct iovec here = {text + have, wanted}, there = {(void *)(address + have), wanted};
        ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
        if (got <= 0) break;
        have += got;
        if (memchr(text + have - got, 0, got)) return true;
    }
    text[have < size ? have : size - 1] = 0;
    return have > 0;
}

/// The path that a call changes, or what else its descriptor is.
static void subject_of(pid_t pid, const struct call *call, const __uint64_t *arguments, char *text, size_t size) {
    text[0] = 0;
    switch (call->kind) {
        case CALL_WRITE:
        case CALL_FD:
        case CALL_IOCTL:
            link_target(text, size, "/proc/%d/fd/%d", pid, (int)arguments[call->subject]);
            return;
        case CALL_OTHER:
        case CALL_ACT:
            return;
        case CALL_OPEN:
        case CALL_PATH:
            break;
    }
    char name[PATH_MAX];
    if (arguments[call->subject] == 0 || !read_text(pid, arguments[call->subject], name, sizeof name)) {
        // utimensat(2) without a path is about the descriptor itself.
        if (call->directory >= 0)
            link_target(text, size, "/proc/%d/fd/%d", pid, (int)arguments[call->directory]);
        return;
    }
    if (name[0] == '/') {
        snprintf(text, size, "%s", name);
        return;
    }
    char directory[PATH_MAX];
    int fd = call->directory >= 0 ? (int)arguments[call->directory] : AT_FDCWD;
    if (fd == AT_FDCWD)
        link_target(directory, sizeof directory, "/proc/%d/cwd", pid, 0);
    else
        link_target(directory, sizeof directory, "/proc/%d/fd/%d", pid, fd);
    if (name[0] == 0)
        snprintf(text, size, "%s", directory);
    else
        snprintf(text, size, "%.2000s/%.2000s", directory, name);
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/// Whether the call changes something on a disk.
static bool counts(const struct call *call, const __uint64_t *arguments, const char *subject) {
    bool is_file = subject[0] == '/' && !starts_with(subject, "/memfd:") && !starts_with(subject, "/dev/") &&
                   !starts_with(subject, "/proc/");
    switch (call->kind) {
        case CALL_WRITE:
        case CALL_FD:
        case CALL_IOCTL:
            return is_file;
        case CALL_OPEN:
            return is_file && (arguments[call->extra] & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)) != 0;
        case CALL_PATH:
        case CALL_OTHER:
            return true;
        case CALL_ACT:
            return false;
    }
    return false;
}

// --- what is done --------------------------------------------------------------------------------------------

static void carry_out_kill(const struct process *process, const struct plan *plan) {
    if (plan->what == CUT) _exit(137);
    kill(process->leader, SIGKILL);
}

/// Half of the bytes. False where there is nothing to halve.
static bool shorten(pid_t pid, const struct call *call, const __uint64_t *arguments) {
    if (call->kind != CALL_WRITE || arguments[call->extra] < 2) return false;
    return set_argument(pid, call->extra, arguments[call->extra] / 2);
}

static bool is_due(const struct plan *plan, const struct phase *phase, const struct call *call) {
    if (strcmp(plan->phase, phase->name) != 0) return false;
    if (plan->what == FAIL_ON)
        return phase->count >= plan->number && (plan->error != ENOSPC || call->needs_room);
    return !plan->is_done && phase->count == plan->number;
}

/// A call that is about to begin. How to go on: to its exit (PTRACE_SYSCALL) or on (PTRACE_CONT).
static int enter_call(struct process *process) {
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof info, &info) <= 0) return PTRACE_CONT;
    const struct call *call = find_call((long)info.seccomp.nr);
    if (call == NULL || process->phase < 0 || process->is_ignored) return PTRACE_CONT;
    if (call->kind == CALL_ACT) {
        note_act(process);
        return PTRACE_CONT;
    }
    char subject[PATH_MAX];
    subject_of(process->pid, call, info.seccomp.args, subject, sizeof subject);
    if (!counts(call, info.seccomp.args, subject)) return PTRACE_CONT;
    struct phase *phase = &phases[process->phase];
    phase->count++;
    char program[PATH_MAX] = "";
    if (lists) {
        link_target(program, sizeof program, "/proc/%d/exe", process->pid, 0);
        report("call %s %ld %s %s %s", phase->name, phase->count, call->name, program, subject);
    }
    for (int i = 0; i < plan_count; i++) {
        struct plan *plan = &plans[i];
        if (!is_due(plan, phase, call)) continue;
        if (!plan->is_done) {
            link_target(program, sizeof program, "/proc/%d/exe", process->pid, 0);
            report("hit %s %ld %s %s %s %s", phase->name, phase->count, plan->words, call->name, program, subject);
        }
        plan->is_done = true;
        switch (plan->what) {
            case CRASH:
            case CUT:
                if (!plan->at_exit) {
                    carry_out_kill(process, plan);
                    return PTRACE_CONT;
                }
                process->at_exit = TO_KILL;
                process->plan = plan;
                return PTRACE_SYSCALL;
            case FAIL:
            case FAIL_ON:
                if (!skip_call(process->pid)) return PTRACE_CONT;
                process->at_exit = TO_FAIL;
                process->plan = plan;
                return PTRACE_SYSCALL;
            case SHORT:
                shorten(process->pid, call, info.seccomp.args);
                return PTRACE_CONT;
        }
    }
    return PTRACE_CONT;
}

static void leave_call(struct process *process) {
    const struct plan *plan = process->plan;
    if (process->at_exit == TO_KILL) carry_out_kill(process, plan);
    if (process->at_exit == TO_FAIL) set_result(process->pid, -plan->error);
    process->at_exit = NOTHING;
}

// --- the loop ------------------------------------------------------------------------------------------------

static void go_on(pid_t pid, int how, int signal) {
    // ESRCH: killed meanwhile; its end is reported next.
    if (ptrace(how, pid, 0, signal) != 0 && errno != ESRCH) die("ptrace");
}

static void notice_child(struct process *parent) {
    unsigned long message = 0;
    if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &message) != 0) return;
    struct process *child = find((pid_t)message);
    bool is_waiting = child != NULL && child->is_held;
    if (child == NULL) {
        // add() may not move its parent, but does not promise it.
        pid_t parent_pid = parent->pid;
        child = add((pid_t)message);
        parent = find(parent_pid);
    }
    inherit(child, parent);
    child->is_held = false;
    if (is_waiting) go_on(child->pid, PTRACE_CONT, 0);
}

static void stopped(pid_t pid, int status) {
    struct process *process = find(pid);
    int event = status >> 16, signal = WSTOPSIG(status);
    if (process == NULL) {
        add(pid)->is_held = true;
        return;
    }
    switch (event) {
        case PTRACE_EVENT_FORK:
        case PTRACE_EVENT_VFORK:
        case PTRACE_EVENT_CLONE:
            note_act(process);
            notice_child(process);
            go_on(pid, PTRACE_CONT, 0);
            return;
        case PTRACE_EVENT_EXEC:
            notice_program(process);
            note_act(process);
            go_on(pid, PTRACE_CONT, 0);
            return;
        case PTRACE_EVENT_SECCOMP:
            go_on(pid, enter_call(process), 0);
            return;
        case PTRACE_EVENT_STOP:
            // A new process, or one that a signal like SIGSTOP holds: that one stays stopped.
            go_on(pid, signal == SIGTRAP ? PTRACE_CONT : PTRACE_LISTEN, 0);
            return;
        default:
            if (signal == (SIGTRAP | 0x80)) {
                leave_call(process);
                signal = 0;
            }
            go_on(pid, PTRACE_CONT, signal);
    }
}

/// Stops at the calls of the table and at no others.
static void install_filter(void) {
    struct sock_filter code[256];
    size_t n = 0;
#if defined(__x86_64__)
    const unsigned architecture = AUDIT_ARCH_X86_64;
#else
    const unsigned architecture = AUDIT_ARCH_AARCH64;
#endif
    const unsigned allow = SECCOMP_RET_ALLOW, trace = SECCOMP_RET_TRACE;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, allow);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < call_count; i++) {
        if (calls[i].kind == CALL_IOCTL) continue;
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].number, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, trace);
    }
    // Of ioctl(2) only the two that share a file's blocks; the request is the second argument.
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, allow);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1]));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FICLONE, 1, 0);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FICLONERANGE, 0, 1);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, trace);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, allow);
    struct sock_fprog program = {(unsigned short)n, code};
    // Allowed to whoever has CAP_SYS_ADMIN in its user namespace; others must give up setuid programs first.
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0) return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        die("seccomp");
}

static pid_t start(char **words) {
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) != 0) die("pipe");
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
        char byte;
        close(gate[1]);
        // Until the parent has seized it.
        if (read(gate[0], &byte, 1) != 1) _exit(125);
        install_filter();
        execvp(words[0], words);
        die(words[0]);
    }
    close(gate[0]);
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                   PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, child, 0, options) != 0) die("ptrace");
    add(child);
    if (write(gate[1], "", 1) != 1) die("pipe");
    close(gate[1]);
    return child;
}

static int parse_errno(const char *name) {
    if (strcmp(name, "ENOSPC") == 0) return ENOSPC;
    if (strcmp(name, "EIO") == 0) return EIO;
    if (strcmp(name, "EROFS") == 0) return EROFS;
    return 0;
}

static bool parse_plan(const char *text) {
    if (plan_count == MAX_PLANS) return false;
    struct plan *plan = &plans[plan_count++];
    if (sscanf(text, "%31[^:]:%ld:%31s", plan->phase, &plan->number, plan->words) != 3) return false;
    const char *what = plan->words;
    const char *error = strchr(what, '=');
    plan->at_exit = strstr(what, "-exit") != NULL;
    if (starts_with(what, "crash-"))
        plan->what = CRASH;
    else if (starts_with(what, "cut-"))
        plan->what = CUT;
    else if (starts_with(what, "fail-on=") || starts_with(what, "fail="))
        plan->what = starts_with(what, "fail=") ? FAIL : FAIL_ON;
    else if (strcmp(what, "short") == 0)
        plan->what = SHORT;
    else
        return false;
    if (error != NULL) plan->error = parse_errno(error + 1);
    // Whoever is not the first process of a pid namespace would leave most of it alive.
    if (plan->what == CUT && getpid() != 1) return false;
    return error == NULL || plan->error != 0;
}

int main(int count, char **words) {
    int i = 1;
    for (; i < count && strcmp(words[i], "--") != 0; i++) {
        bool has_value = i + 1 < count;
        if (strcmp(words[i], "--list") == 0) {
            lists = true;
        } else if (strcmp(words[i], "--report") == 0 && has_value) {
            report_fd = open(words[++i], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        } else if (strcmp(words[i], "--ignore") == 0 && has_value && ignored_count < MAX_IGNORED) {
            ignored[ignored_count++] = words[++i];
        } else if (strcmp(words[i], "--at") == 0 && has_value && parse_plan(words[i + 1])) {
            i++;
        } else {
            fprintf(stderr, "killat: what is '%s'?\n", words[i]);
            return 64;
        }
    }
    if (report_fd < 0 || i + 1 >= count) {
        fprintf(stderr, "killat --report FILE [--list] [--ignore TEXT] [--at PHASE:NUMBER:WHAT] -- PROGRAM…\n");
        return 64;
    }
    pid_t first = start(words + i + 1);
    int result = 0, status;
    while (true) {
        // __WALL: threads of the traced, too. As process 1 of a pid namespace killat also gets orphans that it
        // does not trace.
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0) {
            if (errno == EINTR) continue;
            break;
        }
        if (WIFSTOPPED(status)) {
            stopped(pid, status);
            continue;
        }
        if (pid == first) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        forget(pid);
    }
    return result;
}
