import Files
import SSH
import Synchronization
import SystemPackage

/// A known_hosts file: fleet's own beside the inventory, or one of the user's.
struct KnownHostsFile: Sendable {
  let path: FilePath
  /// What counts instead of the file, and takes what is recorded.
  private let memory: Memory?

  init(path: FilePath) { self.init(path: path, memory: nil) }

  private init(path: FilePath, memory: Memory?) {
    self.path = path
    self.memory = memory
  }

  private final class Memory: Sendable {
    let text: Mutex<String>

    init(_ text: String) { self.text = Mutex(text) }
  }

  /// A copy in memory, which no file ever hears of.
  func inMemory(empty: Bool) -> KnownHostsFile {
    KnownHostsFile(path: path, memory: Memory(empty ? "" : text()))
  }

  func text() -> String {
    if let memory { return memory.text.withLock { $0 } }
    guard let bytes = try? readBounded(path, maxBytes: HostLimits.textFileBytes, following: true) else {
      return ""
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  func read() -> KnownHosts { KnownHosts(text: text(), source: path.string) }

  /// Changes the file, alone: hosts are reached side by side, and by other processes too.
  func update(_ change: (String) -> String) throws(FileError) {
    if let memory { return memory.text.withLock { $0 = change($0) } }
    // The file behind a symbolic link is changed, not the link.
    let file = (try? realPath(path)) ?? path
    let turn = try Directory.open(parent(of: file), following: true)
    try turn.lock(waitMilliseconds: HostLimits.knownHostsTurnMilliseconds)
    try withExtendedLifetime(turn) { () throws(FileError) in
      var bytes: [UInt8] = []
      do throws(FileError) { bytes = try readBounded(file, maxBytes: HostLimits.textFileBytes) } catch {
        guard error.errno == .noSuchFileOrDirectory else { throw error }
      }
      let new = Self.changed(bytes, change)
      guard new != bytes else { return }
      try writeDurably(new, to: file)
    }
  }

  /// What is not UTF-8, as a comment of old, goes through as a byte each and stays what it was.
  static func changed(_ bytes: [UInt8], _ change: (String) -> String) -> [UInt8] {
    if let text = String(validating: bytes, as: UTF8.self) { return Array(change(text).utf8) }
    let text = change(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })))
    return text.unicodeScalars.flatMap { $0.value < 256 ? [UInt8($0.value)] : Array(String($0).utf8) }
  }
}
