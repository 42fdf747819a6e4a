import ByteText
import Files
import Hub
import Password
import Store
import SystemPackage

/// `$XDG_STATE_HOME/fleet/hub`: what the page has to know on another day.
struct HubStore {
  let folder: FilePath

  /// - Parameter rollouts: the folder of the rollouts, which stands beside it.
  init(besides rollouts: FilePath) { folder = rollouts.removingLastComponent().appending("hub") }

  private var passwordFile: FilePath { folder.appending("password") }
  private var readCodeFile: FilePath { folder.appending("read-code") }
  private var wishFile: FilePath { folder.appending("wish") }

  func make() throws(StoreError) { try OwnFolder(folder).make() }

  /// What is no password of ours is none: then there is a new code, printed where fleet runs.
  func password() throws(StoreError) -> PasswordHash? {
    try text(of: passwordFile).flatMap { PasswordHash($0) }
  }

  func keep(_ password: PasswordHash) throws(StoreError) { try write(password.text, to: passwordFile) }

  /// The code for looking only; it is made with the first start.
  func readCode() throws(StoreError) -> String {
    if let code = try text(of: readCodeFile), !code.isEmpty { return code }
    let code = Secret.code()
    try write(code, to: readCodeFile)
    return code
  }

  // MARK: What is to be gone on with

  /// The words of the command that was under way, where the hub did not see its end.
  func wish() throws(StoreError) -> [String]? {
    try text(of: wishFile).map { $0.textLines.map { String($0) } }
  }

  /// nil: it is over.
  func wish(for words: [String]?) throws(StoreError) {
    if let words { return try write(words.joined(separator: "\n"), to: wishFile) }
    try StateFiles.stored(wishFile) { () throws(FileError) in
      guard try FileStatus.ifPresent(wishFile) != nil, let name = wishFile.lastComponent else { return }
      try Directory.open(folder).unlink(name)
    }
  }

  // MARK: Files for us alone

  private func text(of path: FilePath) throws(StoreError) -> String? {
    try OwnFolder(folder).check()
    let bytes = try StateFiles.stored(path) { () throws(FileError) -> [UInt8]? in
      guard try FileStatus.ifPresent(path) != nil else { return nil }
      return try readBounded(path, maxBytes: 1 << 16)
    }
    return bytes.map { String(String(decoding: $0, as: UTF8.self).trimmed) }
  }

  private func write(_ text: String, to path: FilePath) throws(StoreError) {
    try StateFiles.stored(path) { () throws(FileError) in
      try writeDurably(Array(text.utf8) + [0x0A], to: path, permissions: .ownerReadWrite)
    }
  }
}
