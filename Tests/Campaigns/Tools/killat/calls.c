#define _GNU_SOURCE
#include "calls.h"

#include <sys/syscall.h>

const struct call calls[] = {
    {SYS_write, "write", CALL_WRITE, 0, -1, 2, true},
    {SYS_pwrite64, "pwrite64", CALL_WRITE, 0, -1, 2, true},
    {SYS_writev, "writev", CALL_WRITE, 0, -1, 2, true},
    {SYS_pwritev, "pwritev", CALL_WRITE, 0, -1, 2, true},
    {SYS_pwritev2, "pwritev2", CALL_WRITE, 0, -1, 2, true},
    {SYS_copy_file_range, "copy_file_range", CALL_WRITE, 2, -1, 4, true},
    {SYS_sendfile, "sendfile", CALL_WRITE, 0, -1, 3, true},
    {SYS_openat, "openat", CALL_OPEN, 1, 0, 2, true},
    {SYS_renameat2, "renameat2", CALL_PATH, 3, 2, -1, false},
    {SYS_unlinkat, "unlinkat", CALL_PATH, 1, 0, -1, false},
    {SYS_mkdirat, "mkdirat", CALL_PATH, 1, 0, -1, true},
    {SYS_linkat, "linkat", CALL_PATH, 3, 2, -1, true},
    {SYS_symlinkat, "symlinkat", CALL_PATH, 2, 1, -1, true},
    {SYS_mknodat, "mknodat", CALL_PATH, 1, 0, -1, true},
    {SYS_fchmodat, "fchmodat", CALL_PATH, 1, 0, -1, false},
#ifdef SYS_fchmodat2
    {SYS_fchmodat2, "fchmodat2", CALL_PATH, 1, 0, -1, false},
#endif
    {SYS_fchownat, "fchownat", CALL_PATH, 1, 0, -1, false},
    {SYS_utimensat, "utimensat", CALL_PATH, 1, 0, -1, false},
    {SYS_truncate, "truncate", CALL_PATH, 0, -1, -1, true},
    {SYS_setxattr, "setxattr", CALL_PATH, 0, -1, -1, true},
    {SYS_lsetxattr, "lsetxattr", CALL_PATH, 0, -1, -1, true},
    {SYS_removexattr, "removexattr", CALL_PATH, 0, -1, -1, false},
    {SYS_lremovexattr, "lremovexattr", CALL_PATH, 0, -1, -1, false},
    {SYS_fsync, "fsync", CALL_FD, 0, -1, -1, false},
    {SYS_fdatasync, "fdatasync", CALL_FD, 0, -1, -1, false},
    {SYS_syncfs, "syncfs", CALL_FD, 0, -1, -1, false},
    {SYS_ftruncate, "ftruncate", CALL_FD, 0, -1, -1, true},
    {SYS_fallocate, "fallocate", CALL_FD, 0, -1, -1, true},
    {SYS_fchmod, "fchmod", CALL_FD, 0, -1, -1, false},
    {SYS_fchown, "fchown", CALL_FD, 0, -1, -1, false},
    {SYS_fsetxattr, "fsetxattr", CALL_FD, 0, -1, -1, true},
    {SYS_fremovexattr, "fremovexattr", CALL_FD, 0, -1, -1, false},
    {SYS_ioctl, "ioctl", CALL_IOCTL, 0, -1, 1, true},
    {SYS_sync, "sync", CALL_OTHER, -1, -1, -1, false},
    {SYS_mount, "mount", CALL_OTHER, -1, -1, -1, false},
    {SYS_umount2, "umount2", CALL_OTHER, -1, -1, -1, false},
    {SYS_mount_setattr, "mount_setattr", CALL_OTHER, -1, -1, -1, false},
    {SYS_unshare, "unshare", CALL_OTHER, -1, -1, -1, false},
    {SYS_kill, "kill", CALL_ACT, -1, -1, -1, false},
    {SYS_tkill, "tkill", CALL_ACT, -1, -1, -1, false},
    {SYS_tgkill, "tgkill", CALL_ACT, -1, -1, -1, false},
    {SYS_pidfd_send_signal, "pidfd_send_signal", CALL_ACT, -1, -1, -1, false},
// Older names of the same, which 64-bit Arm never had.
#ifdef SYS_open
    {SYS_open, "open", CALL_OPEN, 0, -1, 1, true},
    {SYS_creat, "creat", CALL_PATH, 0, -1, -1, true},
    {SYS_rename, "rename", CALL_PATH, 1, -1, -1, false},
    {SYS_unlink, "unlink", CALL_PATH, 0, -1, -1, false},
    {SYS_rmdir, "rmdir", CALL_PATH, 0, -1, -1, false},
    {SYS_mkdir, "mkdir", CALL_PATH, 0, -1, -1, true},
    {SYS_link, "link", CALL_PATH, 1, -1, -1, true},
    {SYS_symlink, "symlink", CALL_PATH, 1, -1, -1, true},
    {SYS_chmod, "chmod", CALL_PATH, 0, -1, -1, false},
    {SYS_chown, "chown", CALL_PATH, 0, -1, -1, false},
    {SYS_lchown, "lchown", CALL_PATH, 0, -1, -1, false},
#endif
#ifdef SYS_renameat
    {SYS_renameat, "renameat", CALL_PATH, 3, 2, -1, false},
#endif
};

const size_t call_count = sizeof calls / sizeof *calls;

const struct call *find_call(long number) {
    for (size_t i = 0; i < call_count; i++)
        if (calls[i].number == number) return &calls[i];
    return NULL;
}
