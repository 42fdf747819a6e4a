// A grow room that fits into a pocket: a release in a folder, a daemon that measures into SQLite (WAL) and takes
// pictures, a migration, a check. As small as an app can be that still has everything an upgrade touches, because
// the power tests start it thousands of times.
//
//   pocket make INSTALL ROWS         gives a fresh install its data
//   pocket start|stop|status|check INSTALL OUTSIDE
//   pocket prepare|migrate INSTALL   what a release's steps call
//   pocket dump INSTALL              the database, for the tests: integrity, revision, rows
//   pocket pause INSTALL MOMENT      as a step: waits until the test has done something to the disk
//
// A disk that is full or read-only costs it measurements, and does not end it: it goes on trying.
//
// OUTSIDE is a folder that is on no disk that loses its power: the daemon's lock, and `mark`, where each measurement
// and picture is reported once SQLite or fsync(2) has promised that it stays.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
  PAUSE_MILLISECONDS = 60,
  // Every so many measurements a picture is taken.
  ROWS_PER_PICTURE = 6,
  // A small limit, so that checkpoints happen in the few seconds of a test.
  CHECKPOINT_PAGES = 16,
  WAIT_MILLISECONDS = 10000,
  // What a test does to a disk is done by then.
  PAUSE_SECONDS = 60,
};

static const char *install, *outside = "/nonexistent";

static void die(const char *what, const char *why) {
  fprintf(stderr, "pocket: %s: %s\n", what, why);
  exit(1);
}

static char *path(const char *folder, const char *name) {
  char *text;
  if (asprintf(&text, "%s/%s", folder, name) < 0) die(name, "no memory");
  return text;
}

// KEY = 'value' in pocket.conf of the release.
static char *setting(const char *key) {
  static char values[8][64];
  static int next;
  FILE *file = fopen(path(install, "pocket.conf"), "re");
  if (!file) die("pocket.conf", strerror(errno));
  char name[64], *value = values[next++ % 8];
  int found = 0;
  while (!found && fscanf(file, "%63s = '%63[^']'\n", name, value) == 2) found = strcmp(name, key) == 0;
  fclose(file);
  if (!found) die(key, "is not in pocket.conf");
  return value;
}

static sqlite3 *open_database(int flags) {
  sqlite3 *database;
  if (sqlite3_open_v2(path(install, "data/pocket.db"), &database, flags, NULL) != SQLITE_OK)
    die("pocket.db", sqlite3_errmsg(database));
  sqlite3_busy_timeout(database, WAIT_MILLISECONDS);
  return database;
}

// Where the disk takes nothing (a database in WAL mode cannot even be read then), as it lies there.
static sqlite3 *open_or_read(void) {
  sqlite3 *database;
  const char *file = path(install, "data/pocket.db"), *look = "SELECT revision FROM revision";
  if (sqlite3_open_v2(file, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
    sqlite3_busy_timeout(database, WAIT_MILLISECONDS);
    if (sqlite3_exec(database, look, NULL, NULL, NULL) == SQLITE_OK) return database;
  }
  sqlite3_close(database);
  char *address = sqlite3_mprintf("file:%s?immutable=1", file);
  if (sqlite3_open_v2(address, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK)
    die("pocket.db", sqlite3_errmsg(database));
  sqlite3_free(address);
  return database;
}

static void execute(sqlite3 *database, const char *sql) {
  if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) die(sql, sqlite3_errmsg(database));
}

static char *value(sqlite3 *database, const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) die(sql, sqlite3_errmsg(database));
  if (sqlite3_step(statement) != SQLITE_ROW) die(sql, "no row");
  char *text = strdup((const char *)sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  return text;
}

// --- the data ---------------------------------------------------------------------------------------------------

// Whether it was taken: 0 where the disk did not let it.
static int measure(sqlite3 *database, const char *version) {
  char *sql = sqlite3_mprintf(
      "INSERT INTO measurements (version, text) VALUES (%Q, hex(randomblob(40)))", version);
  int taken = sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK;
  sqlite3_free(sql);
  return taken;
}

static int sync_and_close(int file) {
  int synced = file >= 0 && fsync(file) == 0;
  if (file >= 0) close(file);
  return synced;
}

// Its content follows from its name, so that a look tells whether it is whole. 0 where the disk did not let it.
static int take_picture(const char *name, int number) {
  char *file_name = path(path(install, "pictures"), name);
  int file = open(file_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return 0;
  size_t size = 2000 + (size_t)number % 5000;
  char *content = malloc(size);
  memset(content, 'a' + number % 26, size);
  int written = write(file, content, size) == (ssize_t)size;
  free(content);
  if (sync_and_close(file) && written)
    return sync_and_close(open(path(install, "pictures"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  unlink(file_name);
  return 0;
}

static int make(int rows) {
  mkdir(path(install, "data"), 0755);
  mkdir(path(install, "pictures"), 0755);
  sqlite3 *database = open_database(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  execute(database, "PRAGMA journal_mode = WAL");
  execute(
      database,
      "BEGIN; CREATE TABLE revision (revision TEXT);"
      "CREATE TABLE measurements (seq INTEGER PRIMARY KEY, version TEXT NOT NULL, text TEXT)");
  char *sql = sqlite3_mprintf("INSERT INTO revision VALUES (%Q)", setting("SCHEMA"));
  execute(database, sql);
  for (int row = 0; row < rows; row++)
    if (!measure(database, setting("VERSION"))) die("measurement", sqlite3_errmsg(database));
  execute(database, "COMMIT");
  sqlite3_close(database);
  for (int number = 0; number < 4; number++) {
    char name[32];
    snprintf(name, sizeof name, "first-%d.jpg", number);
    if (!take_picture(name, number)) die(name, strerror(errno));
  }
  return 0;
}

static int migrate(void) {
  sqlite3 *database = open_database(SQLITE_OPEN_READWRITE);
  if (strcmp(value(database, "SELECT revision FROM revision"), setting("SCHEMA")) != 0) {
    execute(
        database,
        "BEGIN; ALTER TABLE measurements ADD COLUMN unit TEXT; UPDATE measurements SET unit = 'ppm';"
        "CREATE INDEX measurements_version ON measurements (version)");
    char *sql = sqlite3_mprintf("UPDATE revision SET revision = %Q; COMMIT", setting("SCHEMA"));
    execute(database, sql);
  }
  sqlite3_close(database);
  return 0;
}

static int dump(void) {
  sqlite3 *database = open_database(SQLITE_OPEN_READWRITE);
  printf("integrity %s\n", value(database, "PRAGMA integrity_check"));
  printf("revision %s\n", value(database, "SELECT revision FROM revision"));
  sqlite3_stmt *rows;
  const char *sql = "SELECT seq, version FROM measurements ORDER BY seq";
  if (sqlite3_prepare_v2(database, sql, -1, &rows, NULL) != SQLITE_OK) die(sql, sqlite3_errmsg(database));
  while (sqlite3_step(rows) == SQLITE_ROW)
    printf("row %s %lld\n", sqlite3_column_text(rows, 1), sqlite3_column_int64(rows, 0));
  sqlite3_finalize(rows);
  sqlite3_close(database);
  return 0;
}

// --- the daemon -------------------------------------------------------------------------------------------------

static volatile sig_atomic_t told_to_end;

static void end(int signal) {
  (void)signal;
  told_to_end = 1;
}

// What is said here has been promised to somebody.
__attribute__((format(printf, 1, 2))) static void report(const char *format, ...) {
  int mark = open(path(outside, "mark"), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (mark < 0) return;
  va_list rest;
  va_start(rest, format);
  vdprintf(mark, format, rest);
  va_end(rest);
  close(mark);
}

// The lock that tells whether the daemon runs: gone with it, however it ends. -1 while another holds it.
static int take_lock(void) {
  int lock = open(path(outside, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) die("lock", strerror(errno));
  if (flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  close(lock);
  return -1;
}

static int is_running(void) {
  int lock = take_lock();
  if (lock < 0) return 1;
  close(lock);
  return 0;
}

static sqlite3 *begin_to_measure(void) {
  sqlite3 *database = open_or_read();
  sqlite3_exec(database, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
  sqlite3_wal_autocheckpoint(database, CHECKPOINT_PAGES);
  return database;
}

static void run(int ready) {
  const char *version = setting("VERSION");
  sqlite3 *database = begin_to_measure();
  // Code and data belong together: nothing is measured into another release's database.
  if (strcmp(value(database, "SELECT revision FROM revision"), setting("SCHEMA")) != 0)
    die("pocket.db", "is of another release");
  signal(SIGTERM, end);
  for (int count = 0; !told_to_end; count++) {
    if (measure(database, version)) {
      int number = (int)sqlite3_last_insert_rowid(database);
      report("row %s %d\n", version, number);
      char name[64];
      snprintf(name, sizeof name, "%s-%d.jpg", version, number);
      if (count % ROWS_PER_PICTURE == 0 && take_picture(name, number)) report("picture %s %s\n", version, name);
    } else {
      sqlite3_close(database);
      database = begin_to_measure();
    }
    if (count == 0 && write(ready, "!", 1) != 1) return;
    usleep(PAUSE_MILLISECONDS * 1000);
  }
  sqlite3_close(database);
}

static int start(void) {
  int lock = take_lock();
  if (lock < 0) return 0;
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) die("pipe", strerror(errno));
  pid_t child = fork();
  if (child < 0) die("fork", strerror(errno));
  if (child == 0) {
    setsid();
    if (chdir("/") != 0) _exit(1);
    if (ftruncate(lock, 0) != 0) _exit(1);
    dprintf(lock, "%d\n", getpid());
    run(ready[1]);
    _exit(0);
  }
  // Both have the lock now; the child's end alone lets it go.
  close(lock);
  close(ready[1]);
  char byte;
  return read(ready[0], &byte, 1) == 1 ? 0 : 1;
}

static int stop(void) {
  FILE *file = fopen(path(outside, "lock"), "re");
  int pid;
  if (file && is_running() && fscanf(file, "%d", &pid) == 1) kill(pid, SIGTERM);
  for (int waited = 0; is_running(); waited += 5) {
    if (waited > WAIT_MILLISECONDS) die("stop", "it does not end");
    usleep(5000);
  }
  return 0;
}

static int check(void) {
  sqlite3 *database = open_or_read();
  const char *problem = NULL;
  if (!is_running()) problem = "it does not run";
  else if (strcmp(value(database, "SELECT revision FROM revision"), setting("SCHEMA")) != 0)
    problem = "the database is of another release";
  else if (strcmp(setting("WELL"), "yes") != 0) problem = "the pump is stuck";
  printf("%s\n", problem ? problem : "GOOD");
  sqlite3_close(database);
  return problem != NULL;
}

// --- the steps of a release -------------------------------------------------------------------------------------

// As an environment is built: files that say where they stand.
static int prepare(void) {
  mkdir(path(install, "env"), 0755);
  for (int number = 0; number < 3; number++) {
    char name[64];
    snprintf(name, sizeof name, "env/%d.pth", number);
    FILE *file = fopen(path(install, name), "we");
    if (!file) die(name, strerror(errno));
    for (int line = 0; line < 300; line++) fprintf(file, "%s %s %d\n", install, setting("VERSION"), line);
    if (fflush(file) != 0 || ferror(file)) die(name, strerror(errno));
    fclose(file);
  }
  return symlink("0.pth", path(install, "env/first.pth")) == 0 ? 0 : 1;
}

// Whoever looks for it finds it among the processes, from inside any namespace and with nothing written: by its name,
// which it has once it waits. SIGUSR1 says that it may go on.
static int pause_for_test(void) {
  sigset_t go_on;
  sigemptyset(&go_on);
  sigaddset(&go_on, SIGUSR1);
  sigprocmask(SIG_BLOCK, &go_on, NULL);
  prctl(PR_SET_NAME, "pocket-paused");
  struct timespec limit = {.tv_sec = PAUSE_SECONDS};
  if (sigtimedwait(&go_on, NULL, &limit) != SIGUSR1) die("pause", "nobody came");
  return 0;
}

int main(int count, char **words) {
  if (count < 3) die("usage", "pocket VERB INSTALL [OUTSIDE|ROWS]");
  const char *verb = words[1];
  install = words[2];
  if (count > 3) outside = words[3];
  if (strcmp(verb, "make") == 0) return make(count > 3 ? atoi(words[3]) : 0);
  if (strcmp(verb, "start") == 0) return start();
  if (strcmp(verb, "stop") == 0) return stop();
  if (strcmp(verb, "status") == 0) return is_running() ? 0 : 1;
  if (strcmp(verb, "check") == 0) return check();
  if (strcmp(verb, "prepare") == 0) return prepare();
  if (strcmp(verb, "migrate") == 0) return migrate();
  if (strcmp(verb, "dump") == 0) return dump();
  if (strcmp(verb, "pause") == 0) return pause_for_test();
  die(verb, "is no verb of pocket");
}
