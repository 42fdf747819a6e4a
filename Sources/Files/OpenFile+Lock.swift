import Glibc
import SystemPackage

extension OpenFile {
  /// Takes the lock (flock(2)) for as long as this file is open, in whatever process.
  ///
  /// - Parameters:
  ///   - waitMilliseconds: how long it is waited for at most; 0: not at all.
  ///   - isShared: others that share it may have it at the same time.
  /// - Throws: EWOULDBLOCK where another has it.
  package func lock(waitMilliseconds: Int = 0, isShared: Bool = false) throws(FileError) {
    try takeLock(fd, path, isShared ? LOCK_SH : LOCK_EX, waitMilliseconds: waitMilliseconds)
  }

  /// Whether another process, or another open file of this one, has the lock.
  package var isLockedElsewhere: Bool {
    guard flock(fd, LOCK_SH | LOCK_NB) != 0 else {
      flock(fd, LOCK_UN)
      return false
    }
    return Glibc.errno == EWOULDBLOCK
  }
}

extension Directory {
  /// As ``OpenFile/lock(waitMilliseconds:)``.
  package func lock(waitMilliseconds: Int) throws(FileError) {
    try takeLock(fd, path, LOCK_EX, waitMilliseconds: waitMilliseconds)
  }
}

private let lockPollMilliseconds = 20

private func takeLock(
  _ fd: Int32, _ path: FilePath, _ kind: Int32, waitMilliseconds: Int
) throws(FileError) {
  let end = BootClock.milliseconds() + Int64(waitMilliseconds)
  while flock(fd, kind | LOCK_NB) != 0 {
    let failure = Errno(rawValue: errno)
    guard failure == .wouldBlock || failure == .interrupted, BootClock.milliseconds() < end else {
      throw FileError(.lock, path, failure)
    }
    pauseThread(milliseconds: lockPollMilliseconds)
  }
}
