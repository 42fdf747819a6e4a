import Glibc
package import SystemPackage

/// Runs a call that returns -1 with errno, again after a signal, and makes its failure an error. Everything that
/// changes a file system goes through here, so that ``FileEffects/gate`` can stand in its way.
@discardableResult
package func check<Result: SignedInteger>(
  _ operation: FileOperation, _ path: @autoclosure () -> FilePath, _ call: () -> Result
) throws(FileError) -> Result {
  try FileEffects.pass(operation, path())
  while true {
    let result = call()
    if result != -1 { return result }
    let code = errno
    if code != EINTR { throw FileError(operation, path(), Errno(rawValue: code)) }
  }
}

/// What fleet does to file systems, as one place sees it.
package enum FileEffects {
  /// Asked before each effect: with nil it is made, with an errno it is not, and fails with that.
  package struct Gate: Sendable {
    let failure: @Sendable (FileOperation, FilePath) -> Errno?

    package init(_ failure: @escaping @Sendable (FileOperation, FilePath) -> Errno?) {
      self.failure = failure
    }
  }

  /// Of this task. A test puts a failing disk here, or the end of the process; else there is none.
  @TaskLocal package static var gate: Gate?

  /// For an effect that is not a call of its own: throws where the gate says so.
  package static func pass(_ operation: FileOperation, _ path: @autoclosure () -> FilePath) throws(FileError)
  {
    guard operation.isEffect, let gate else { return }
    let place = path()
    if let failure = gate.failure(operation, place) { throw FileError(operation, place, failure) }
  }
}

extension FileOperation {
  /// It changes something on a disk, or makes it last.
  package var isEffect: Bool {
    switch self {
    case .open, .list, .read, .walk, .lock, .status, .readLink, .space, .account, .mounts: false
    case .create, .write, .truncate, .synchronize, .remove, .link, .copy, .makeDirectory, .makeSymbolicLink,
      .rename, .exchange, .setOwner, .setMode, .setTimes, .attributes:
      true
    }
  }
}
