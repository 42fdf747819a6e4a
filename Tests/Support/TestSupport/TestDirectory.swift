import Foundation

/// A directory of its own for one test, removed with its owner.
package final class TestDirectory: Sendable {
  package let path: String

  package init() throws {
    path = NSTemporaryDirectory() + "fleet-test-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    LeftBehind.note(directory: path)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    LeftBehind.forget(directory: path)
  }

  package func file(_ name: String) -> String { path + "/" + name }

  package func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  package func write(_ text: String, to name: String, mode: Int = 0o600) throws {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
  }

  package func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }

  package func read(_ name: String) throws -> String {
    try String(contentsOfFile: file(name), encoding: .utf8)
  }

  package func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: file(name))))
  }
}
