#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int fleet_exchange(int a_directory, const char *a, int b_directory, const char *b) {
  return renameat2(a_directory, a, b_directory, b, RENAME_EXCHANGE);
}

int fleet_rename_new(int a_directory, const char *a, int b_directory, const char *b) {
  return renameat2(a_directory, a, b_directory, b, RENAME_NOREPLACE);
}

int fleet_syncfs(int fd) { return syncfs(fd); }

int fleet_name_thread(const char *name) { return prctl(PR_SET_NAME, name); }

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

int fleet_mount_id(int fd, unsigned long long *id) {
  struct statx status;
  if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) != 0) return -1;
  if (!(status.stx_mask & STATX_MNT_ID)) {
    errno = ENOTSUP;
    return -1;
  }
  *id = status.stx_mnt_id;
  return 0;
}

long fleet_copy_range(int from, long from_offset, int to, long to_offset, unsigned long count) {
  off_t in = from_offset, out = to_offset;
  return copy_file_range(from, &in, to, &out, count, 0);
}

long fleet_next_data(int fd, long offset) { return lseek(fd, offset, SEEK_DATA); }

long fleet_next_hole(int fd, long offset) { return lseek(fd, offset, SEEK_HOLE); }

int fleet_open_real(const char *path) {
  struct open_how how = {
      .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
      .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

pid_t fleet_fork(void) { return fork(); }
