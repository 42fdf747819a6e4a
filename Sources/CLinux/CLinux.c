#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int fleet_exchange(int a_directory, const char *a, int b_directory, const char *b) {
  return renameat2(a_directory, a, b_directory, b, RENAME_EXCHANGE);
}

int fleet_rename_new(int a_directory, const char *a, int b_directory, const char *b) {
  return renameat2(a_directory, a, b_directory, b, RENAME_NOREPLACE);
}

int fleet_syncfs(int fd) { return syncfs(fd); }

int fleet_unshare(int flags) { return unshare(flags); }

int fleet_mount(
    const char *source, const char *target, const char *type, unsigned long flags,
    const char *data) {
  return mount(source, target, type, flags, data);
}

int fleet_detach(const char *target) { return umount2(target, MNT_DETACH); }

int fleet_read_only_recursive(const char *path) {
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
  return (int)syscall(
      SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes);
}

int fleet_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int fleet_die_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

int fleet_idle_io(void) {
  // ioprio_set(2): IOPRIO_WHO_PROCESS = 1, class IDLE = 3 in the upper bits.
  return (int)syscall(SYS_ioprio_set, 1, 0, 3 << 13);
}

pid_t fleet_fork(void) { return fork(); }
