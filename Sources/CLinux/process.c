#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Descriptors to pass are first moved up here, so that none is overwritten on its way to its place.
enum { FIRST_MOVED = 64, PASSED_MAX = 8 };

int fleet_spawn(
    pid_t *pid, const char *program, char *const *arguments, char *const *environment,
    const char *directory, int output, const int *passed, int passed_count) {
  if (passed_count > PASSED_MAX) return EINVAL;
  int moved[PASSED_MAX + 1];
  int count = 0, error = 0;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  for (; count <= passed_count; count++) {
    int from = count == 0 ? output : passed[count - 1];
    moved[count] = fcntl(from, F_DUPFD_CLOEXEC, FIRST_MOVED);
    if (moved[count] < 0) {
      error = errno;
      break;
    }
  }
  if (!error) {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, moved[0], 1);
    posix_spawn_file_actions_adddup2(&actions, moved[0], 2);
    for (int i = 0; i < passed_count; i++)
      posix_spawn_file_actions_adddup2(&actions, moved[i + 1], 3 + i);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3 + passed_count);
    posix_spawn_file_actions_addchdir_np(&actions, directory);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    error = posix_spawn(pid, program, &actions, &attributes, arguments, environment);
  }
  while (count-- > 0)
    if (moved[count] >= 0) close(moved[count]);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int fleet_pidfd(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int fleet_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int fleet_close_from(unsigned first) { return (int)syscall(SYS_close_range, first, ~0u, 0); }

int fleet_open_place(const char *path) { return open(path, O_PATH | O_CLOEXEC); }

int fleet_open_beneath(int directory, const char *path) {
  struct open_how how = {
      .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
  };
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int fleet_writable(const char *path) {
  struct mount_attr attributes = {.attr_clr = MOUNT_ATTR_RDONLY};
  return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, 0, &attributes, sizeof attributes);
}

int fleet_loopback_up(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  struct ifreq request = {.ifr_flags = IFF_UP};
  strcpy(request.ifr_name, "lo");
  int result = ioctl(fd, SIOCSIFFLAGS, &request);
  int error = errno;
  close(fd);
  errno = error;
  return result;
}

int fleet_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int fleet_drop_capabilities(void) {
  const unsigned long kept = 1ul << CAP_CHOWN | 1ul << CAP_DAC_OVERRIDE | 1ul << CAP_DAC_READ_SEARCH |
                             1ul << CAP_FOWNER | 1ul << CAP_FSETID | 1ul << CAP_KILL |
                             1ul << CAP_SETGID | 1ul << CAP_SETUID | 1ul << CAP_SETFCAP |
                             1ul << CAP_NET_BIND_SERVICE | 1ul << CAP_NET_BROADCAST |
                             1ul << CAP_SYS_CHROOT;
  for (int capability = 0; capability < 64; capability++) {
    if (kept >> capability & 1) continue;
    // EINVAL: past the last capability of this kernel.
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno == EINVAL ? 0 : -1;
  }
  return 0;
}

int fleet_keep_capabilities(void) { return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0); }

int fleet_stay_out_of_reach(void) {
  // Of all capabilities the one that the kernel does not use.
  const __u32 kept = 1u << CAP_NET_BROADCAST;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{.permitted = kept, .inheritable = kept}};
  if (syscall(SYS_capset, &header, data) != 0) return -1;
  return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BROADCAST, 0, 0);
}

int fleet_scope_abstract_sockets(void) {
  // landlock(7), ABI 6, of which the headers of Debian 12 know nothing yet.
  struct {
    __u64 handled_access_fs, handled_access_net, scoped;
  } rules = {.scoped = 1};
  int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
  if (fd < 0) return -1;
  int result = (int)syscall(SYS_landlock_restrict_self, fd, 0);
  close(fd);
  return result;
}

static volatile sig_atomic_t termination_seen;

static void note_termination(int signal) {
  (void)signal;
  termination_seen = 1;
}

int fleet_watch_termination(void) {
  struct sigaction noting = {.sa_handler = note_termination, .sa_flags = SA_RESTART};
  struct sigaction ignoring = {.sa_handler = SIG_IGN};
  sigemptyset(&noting.sa_mask);
  sigemptyset(&ignoring.sa_mask);
  if (sigaction(SIGTERM, &noting, NULL) != 0 || sigaction(SIGINT, &noting, NULL) != 0) return -1;
  return sigaction(SIGHUP, &ignoring, NULL) != 0 ? -1 : sigaction(SIGPIPE, &ignoring, NULL);
}

int fleet_termination_seen(void) { return termination_seen; }
