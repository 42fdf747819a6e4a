package import Glibc

/// Starting programs from tests.
///
/// Not Foundation's `Process`: on Linux its children inherit the pipes of others that start at the same time
/// and the signals that the calling thread blocks, and it takes a program for running until everything that
/// was left in the background has ended too.
package enum Spawn {
  package enum Stream: Sendable {
    case null
    /// Made, or appended to.
    case file(String)
    case descriptor(Int32)
  }

  package struct Failed: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
  }

  /// - Parameters:
  ///   - environment: `NAME=VALUE`; nil is this process's own.
  ///   - directory: where it starts; env(1) changes there and becomes the program.
  ///   - error: nil is this process's own.
  ///   - ownGroup: whether it leads a process group, which a signal from a terminal does not reach.
  package static func start(
    _ words: [String], environment: [String]? = nil, in directory: String? = nil, input: Stream = .null,
    output: Stream, error: Stream?, ownGroup: Bool = false
  ) throws -> pid_t {
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    for (descriptor, stream) in [(0, input), (1, output), (2, error)] as [(Int32, Stream?)] {
      switch stream {
      case nil: break
      case .null: posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0)
      case .file(let path):
        posix_spawn_file_actions_addopen(
          &files, descriptor, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
      case .descriptor(let other): posix_spawn_file_actions_adddup2(&files, other, descriptor)
      }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (ownGroup ? POSIX_SPAWN_SETPGROUP : 0)
    posix_spawnattr_setflags(&attributes, Int16(flags))
    let words = (directory.map { ["/usr/bin/env", "-C", $0] } ?? []) + words
    let arguments = words.map { strdup($0) } + [nil]
    let variables = environment.map { $0.map { strdup($0) } + [nil] }
    defer { for text in arguments + (variables ?? []) { free(text) } }
    var pid: pid_t = 0
    let code =
      if let variables {
        posix_spawn(&pid, words[0], &files, &attributes, arguments, variables)
      } else {
        posix_spawn(&pid, words[0], &files, &attributes, arguments, environ)
      }
    guard code == 0 else { throw Failed("cannot start \(words): \(String(cString: strerror(code)))") }
    return pid
  }

  /// Waits for its end: the exit code, or minus the signal that ended it.
  package static func wait(for pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
  }
}
