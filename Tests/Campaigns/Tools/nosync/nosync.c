// Preloaded into the agent (LD_PRELOAD), it counts the syncs that the agent and its jobs make, and turns one of them
// or all of a kind, into nothing: what a power cut does then shows whether they were needed.
//
//   FLEET_NOSYNC_LOG    a file: one line for each sync, `NUMBER CALL PATH`, a directory's path with `/` at its end; its
//                       lines are the count
//   FLEET_NOSYNC_SKIP   the number that is left out, or a pattern (fnmatch(3)) of `CALL PATH`; 0 or nothing: none
//   FLEET_NOSYNC_MARK   where it is said that it was left out

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES (PATH_MAX + 64)

// What is synced, in words.
static void describe(char *words, const char *call, int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  struct stat status;
  int is_directory = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  snprintf(words, LINE_MAX_BYTES, "%s %s%s", call, path, is_directory ? "/" : "");
}

// The lines of the log so far. The processes of a job take turns, and the lock makes that certain.
static int number_of(const char *words) {
  const char *name = getenv("FLEET_NOSYNC_LOG");
  if (!name) return -1;
  int log = open(name, O_RDWR | O_APPEND | O_CLOEXEC);
  if (log < 0) return -1;
  flock(log, LOCK_EX);
  int number = 1;
  char buffer[8192];
  ssize_t got;
  for (off_t at = 0; (got = pread(log, buffer, sizeof buffer, at)) > 0; at += got)
    for (ssize_t i = 0; i < got; i++) number += buffer[i] == '\n';
  dprintf(log, "%d %s\n", number, words);
  close(log);
  return number;
}

static int is_skipped(const char *call, int fd) {
  char words[LINE_MAX_BYTES];
  describe(words, call, fd);
  const char *skip = getenv("FLEET_NOSYNC_SKIP");
  int number = number_of(words);
  if (number <= 0 || !skip) return 0;
  if (atoi(skip) != number && fnmatch(skip, words, 0) != 0) return 0;
  const char *name = getenv("FLEET_NOSYNC_MARK");
  int mark = name ? open(name, O_WRONLY | O_CLOEXEC) : -1;
  if (mark >= 0) {
    dprintf(mark, "left out");
    close(mark);
  }
  return 1;
}

#define COUNTED(name)                                         \
  int name(int fd) {                                          \
    static int (*real)(int);                                  \
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, #name);  \
    return is_skipped(#name, fd) ? 0 : real(fd);              \
  }

COUNTED(fsync)
COUNTED(fdatasync)
COUNTED(syncfs)

int sync_file_range(int fd, off64_t offset, off64_t count, unsigned flags) {
  static int (*real)(int, off64_t, off64_t, unsigned);
  if (!real) real = (int (*)(int, off64_t, off64_t, unsigned))dlsym(RTLD_NEXT, "sync_file_range");
  return is_skipped("sync_file_range", fd) ? 0 : real(fd, offset, count, flags);
}
