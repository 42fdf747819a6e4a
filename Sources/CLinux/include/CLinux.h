// Linux calls that Swift's Glibc module leaves out. Each returns 0, or -1 with errno, as its
// manual page says.
#pragma once
#include <sys/types.h>
#include <sys/xattr.h>

#include "CLinuxProcess.h"

/// renameat2(2) with RENAME_EXCHANGE: both names change places in one step.
int fleet_exchange(int a_directory, const char *a, int b_directory, const char *b);
/// renameat2(2) with RENAME_NOREPLACE: EEXIST instead of overwriting.
int fleet_rename_new(int a_directory, const char *a, int b_directory, const char *b);
/// syncfs(2): the file system that holds `fd` is on the disk.
int fleet_syncfs(int fd);
/// PR_SET_NAME of prctl(2), for the thread that calls: its first 15 bytes.
int fleet_name_thread(const char *name);
/// unshare(2), with the CLONE_NEW* flags below.
int fleet_unshare(int flags);
/// mount(2); any string may be NULL.
int fleet_mount(
    const char *source, const char *target, const char *type, unsigned long flags,
    const char *data);
/// umount2(2) with MNT_DETACH.
int fleet_detach(const char *target);
/// mount_setattr(2), recursive: everything below `path` becomes read-only.
int fleet_read_only_recursive(const char *path);
/// prctl(2) PR_SET_CHILD_SUBREAPER: orphans of our children become ours.
int fleet_become_subreaper(void);
/// prctl(2) PR_SET_PDEATHSIG.
int fleet_die_with_parent(int signal);
/// ioprio_set(2): idle class, for this process.
int fleet_idle_io(void);
/// statx(2) with STATX_MNT_ID: the mount that holds `fd`. ENOTSUP where the kernel does not tell.
int fleet_mount_id(int fd, unsigned long long *id);
/// copy_file_range(2) at explicit offsets: the bytes copied, 0 at the end of `from`, or -1.
long fleet_copy_range(int from, long from_offset, int to, long to_offset, unsigned long count);
/// lseek(2) with SEEK_DATA: where the next bytes are, or -1 (ENXIO: none follow).
long fleet_next_data(int fd, long offset);
/// lseek(2) with SEEK_HOLE: where these bytes end, or -1.
long fleet_next_hole(int fd, long offset);
/// openat2(2), O_DIRECTORY, RESOLVE_NO_SYMLINKS: ELOOP where any part of `path` is a symbolic link.
int fleet_open_real(const char *path);
/// fork(2). Swift hides it; only a process with one thread may call it.
pid_t fleet_fork(void);
/// The CLONE_NEW* flags of unshare(2), and the MS_* flags of mount(2), as Swift constants.
enum {
  FLEET_NEWNS = 0x00020000,
  FLEET_NEWIPC = 0x08000000,
  FLEET_NEWUSER = 0x10000000,
  FLEET_NEWPID = 0x20000000,
  FLEET_NEWNET = 0x40000000,
};
enum {
  FLEET_MS_RDONLY = 1,
  FLEET_MS_NOSUID = 2,
  FLEET_MS_NODEV = 4,
  FLEET_MS_BIND = 4096,
  FLEET_MS_REC = 16384,
  FLEET_MS_PRIVATE = 1 << 18,
  FLEET_MS_SLAVE = 1 << 19,
};
/// O_PATH of open(2): a handle on a name, without opening what it names.
enum { FLEET_O_PATH = 010000000 };
