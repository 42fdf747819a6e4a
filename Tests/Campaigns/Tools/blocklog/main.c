// A disk whose every write, flush and discard is written down, as dm-log-writes does in the kernel.
//
//   blocklog IMAGE LOG MOUNTPOINT [CALLS BYTES]        (in the foreground, until it is unmounted)
//
// With CALLS and BYTES it is as slow as a card: no more calls and no more bytes a second than that.
//
// It mounts a file system with two files. `disk` is IMAGE; a loop device over it is the disk that a test
// works on. What is written to `mark` goes into the log between the writes, so that the driver can say
// what had been promised at which moment.
//
// LOG is a sequence of records: this header in the machine's byte order, then `length` bytes.
//   1 write    the bytes, at `offset`
//   2 flush    everything before it is on the platter
//   3 discard  `extent` bytes at `offset` read as zero from now on
//   4 mark     a text

#define FUSE_USE_VERSION 35
#define _FILE_OFFSET_BITS 64
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { WRITE = 1, FLUSH = 2, DISCARD = 3, MARK = 4 };

struct header {
  uint32_t kind;
  uint32_t length;
  uint64_t offset;
  uint64_t extent;
};

static int image = -1, log_file = -1;
static off_t image_size;
static const char *mount_point;
static long calls_a_second, bytes_a_second;

// Calls come one after the other (-s), so each takes its own time.
static void take_time(size_t bytes) {
  if (calls_a_second == 0) return;
  int64_t nanoseconds = 1000000000 / calls_a_second + (int64_t)bytes * 1000000000 / bytes_a_second;
  struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  nanosleep(&time, NULL);
}

// FUSE calls us from one thread only (-s), so the order of the log is the order of what happened. A record
// that cannot be written whole would make the log lie: then the disk is dead from here on.
static int note(enum kind kind, off_t offset, uint64_t extent, const void *bytes, size_t length) {
  struct header header = {kind, (uint32_t)length, (uint64_t)offset, extent};
  struct iovec parts[2] = {{&header, sizeof header}, {(void *)bytes, length}};
  ssize_t wanted = (ssize_t)(sizeof header + length);
  return writev(log_file, parts, length ? 2 : 1) == wanted ? 0 : -EIO;
}

static int is_disk(const char *path) { return strcmp(path, "/disk") == 0; }

static int on_getattr(const char *path, struct stat *status, struct fuse_file_info *info) {
  (void)info;
  memset(status, 0, sizeof *status);
  status->st_nlink = 1;
  status->st_mode = S_IFREG | 0600;
  if (strcmp(path, "/") == 0) status->st_mode = S_IFDIR | 0700;
  else if (is_disk(path)) status->st_size = image_size;
  else if (strcmp(path, "/mark") != 0) return -ENOENT;
  return 0;
}

static int on_open(const char *path, struct fuse_file_info *info) {
  // Marks come one by one, unmerged. The disk keeps the page cache, which the loop device reads through.
  info->direct_io = !is_disk(path);
  return 0;
}

static int on_read(
    const char *path, char *buffer, size_t count, off_t offset, struct fuse_file_info *info) {
  (void)info;
  if (!is_disk(path)) return 0;
  take_time(count);
  ssize_t got = pread(image, buffer, count, offset);
  return got < 0 ? -errno : (int)got;
}

static int on_write(
    const char *path, const char *bytes, size_t count, off_t offset, struct fuse_file_info *info) {
  (void)info;
  int failure;
  if (!is_disk(path)) {
    failure = note(MARK, 0, 0, bytes, count);
  } else {
    take_time(count);
    if (pwrite(image, bytes, count, offset) != (ssize_t)count) return -EIO;
    failure = note(WRITE, offset, count, bytes, count);
  }
  return failure ? failure : (int)count;
}

static int on_fsync(const char *path, int data_only, struct fuse_file_info *info) {
  (void)data_only, (void)info;
  if (!is_disk(path)) return 0;
  take_time(0);
  return note(FLUSH, 0, 0, NULL, 0);
}

static int on_fallocate(
    const char *path, int mode, off_t offset, off_t length, struct fuse_file_info *info) {
  (void)info;
  if (!is_disk(path) || !(mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))) return -EOPNOTSUPP;
  if (fallocate(image, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length) != 0) return -errno;
  return note(DISCARD, offset, (uint64_t)length, NULL, 0);
}

static int on_truncate(const char *path, off_t size, struct fuse_file_info *info) {
  (void)path, (void)size, (void)info;
  return 0;
}

// When all of a test is killed at once, the last process of a mount namespace takes its mounts away. It must not be
// us: the file system on our disk would wait for us to write, and we for it. So we leave, before it is mounted, and
// without our own mount: as long as that is anywhere, we are not told to end.
static void *on_init(struct fuse_conn_info *connection, struct fuse_config *settings) {
  (void)connection, (void)settings;
  if (unshare(CLONE_NEWNS) != 0 || umount2(mount_point, MNT_DETACH) != 0) perror("blocklog: leaving");
  return NULL;
}

static const struct fuse_operations operations = {
    .init = on_init,
    .getattr = on_getattr,
    .open = on_open,
    .read = on_read,
    .write = on_write,
    .fsync = on_fsync,
    .fallocate = on_fallocate,
    .truncate = on_truncate,
};

int main(int count, char **words) {
  if (count == 6) {
    calls_a_second = atol(words[4]);
    bytes_a_second = atol(words[5]);
  }
  if (count != 4 && (calls_a_second <= 0 || bytes_a_second <= 0)) {
    fprintf(stderr, "usage: blocklog IMAGE LOG MOUNTPOINT [CALLS BYTES]\n");
    return 64;
  }
  image = open(words[1], O_RDWR | O_CLOEXEC);
  log_file = open(words[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  struct stat status;
  if (image < 0 || log_file < 0 || fstat(image, &status) != 0) {
    perror("blocklog");
    return 1;
  }
  image_size = status.st_size;
  mount_point = words[3];
  char *options[] = {words[0], "-f", "-s", words[3], NULL};
  return fuse_main(4, options, &operations, NULL);
}
