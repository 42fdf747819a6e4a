import Effects
import Glibc
import SystemPackage
import Wire

/// Starting programs that live on after us.
enum Detach {
  /// posix_spawn(3) of a program in a session of its own, its streams on /dev/null: a cut connection
  /// cannot reach it.
  static func spawn(_ words: [String]) throws(StepFailure) -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    // POSIX_SPAWN_SETSID of glibc is 0x80; Swift's Glibc module leaves it out.
    posix_spawnattr_setflags(
      &attributes, Int16(0x80 | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, words[0], &actions, &attributes, &arguments, environ)
    guard code == 0 else {
      throw .because(.io, "cannot start \(words[0]): \(Errno(rawValue: code))")
    }
    return pid
  }

  /// How a child has ended, which is reaped then; nil while it runs. Does not wait.
  static func ended(_ pid: pid_t) -> Int32? {
    var status: Int32 = 0
    return waitpid(pid, &status, WNOHANG) == 0 ? nil : exitStatus(status)
  }

  /// Waits for a child; its exit status, or 128 + the signal that ended it.
  static func wait(for pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return exitStatus(status)
  }

  /// The same for a child that may hang: after so many seconds it is ended with SIGKILL.
  static func wait(for pid: pid_t, atMostSeconds: Int) -> Int32 {
    let deadline = Monotonic.now() + .seconds(atMostSeconds)
    while Monotonic.now() < deadline {
      if let status = ended(pid) { return status }
      pause(milliseconds: Follower.pollMilliseconds)
    }
    kill(pid, SIGKILL)
    return wait(for: pid)
  }

  private static func exitStatus(_ status: Int32) -> Int32 {
    status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
  }
}
