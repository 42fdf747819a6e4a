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
    guard mode & 0o111 == 0 else { return try writeProgram(text, to: file(name), mode: mode) }
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

/// Writes a file that is run soon, by a program of its own: what this process has open for writing, each child of a
/// test beside this one holds for a moment too, and execve(2) fails with ETXTBSY.
package func writeProgram(_ text: String, to path: String, mode: Int) throws {
  let draft = path + ".draft"
  try text.write(toFile: draft, atomically: false, encoding: .utf8)
  defer { try? FileManager.default.removeItem(atPath: draft) }
  try Shell.run("/usr/bin/install", "-m", String(mode, radix: 8), draft, path)
}
