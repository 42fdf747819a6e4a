package import SystemPackage

/// What is wrong with fleet's own files on this machine.
package struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  package var path: FilePath
  package var action: String
  package var cause: String

  package init(path: FilePath, action: String, cause: String) {
    self.path = path
    self.action = action
    self.cause = cause
  }

  package var description: String { isLocked ? cause : "\(path): \(action): \(cause)" }

  package static let lock = "lock"
  /// Another process has it.
  package var isLocked: Bool { action == Self.lock }
}
