// Starting, watching and confining processes.
#pragma once
#include <sys/types.h>

/// posix_spawn(3) in a session of its own, signals as a fresh process has them, stdin from /dev/null,
/// stdout and stderr to `output`, `passed` as descriptors 3, 4, …, every other one closed. Returns 0
/// or an errno.
int fleet_spawn(
    pid_t *pid, const char *program, char *const *arguments, char *const *environment,
    const char *directory, int output, const int *passed, int passed_count);
/// pidfd_open(2): readable in poll(2) once the process has ended.
int fleet_pidfd(pid_t pid);
/// memfd_create(2), close on exec.
int fleet_memory_file(const char *name);
/// close_range(2): no descriptor from `first` on stays open.
int fleet_close_from(unsigned first);
/// open(2) with O_PATH|O_CLOEXEC: a handle to the place itself, whatever is mounted there later.
int fleet_open_place(const char *path);
/// openat2(2), O_RDONLY, RESOLVE_BENEATH and no magic links: EXDEV when the path leaves `directory`.
int fleet_open_beneath(int directory, const char *path);
/// mount_setattr(2): the mount at `path` alone becomes writable again, its other flags stay.
int fleet_writable(const char *path);
/// The loopback interface of this network namespace goes up.
int fleet_loopback_up(void);
/// prctl(2) PR_SET_NO_NEW_PRIVS.
int fleet_no_new_privileges(void);
/// prctl(2) PR_CAPBSET_DROP for all capabilities(7) but those that change owners, modes and users of
/// files and processes: what is executed next cannot mount, load modules or make devices.
int fleet_drop_capabilities(void);
/// prctl(2) PR_SET_KEEPCAPS: what setuid(2) does next takes the permitted capabilities not away.
int fleet_keep_capabilities(void);
/// After that setuid(2): of all capabilities this process, and what it executes, has one that permits nothing
/// (CAP_NET_BROADCAST, capabilities(7)). A process of the same user that does not have it cannot trace this one, nor
/// look through /proc/PID at its memory, files or mounts (ptrace(2), access mode checking).
int fleet_stay_out_of_reach(void);
/// landlock(7) LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET: this process, and what it starts, connects to no abstract socket
/// that it did not make itself. Needs no_new_privs or CAP_SYS_ADMIN, and Linux 6.12.
int fleet_scope_abstract_sockets(void);
/// From now on SIGTERM and SIGINT only set a flag, and SIGHUP and SIGPIPE do nothing.
int fleet_watch_termination(void);
/// Whether such a signal came.
int fleet_termination_seen(void);
