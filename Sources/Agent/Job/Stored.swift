import Files
import SystemPackage
import Wire

/// Small facts on the disk: one JSON file each, replaced whole.
enum Stored {
  /// A larger file is not ours.
  static let maxBytes = 4 << 20

  /// nil when there is none.
  static func read<T: Decodable>(_ type: T.Type, _ path: FilePath) throws(StepFailure) -> T? {
    try decode(type, path) { () throws(FileError) in try readBounded(path, maxBytes: maxBytes) }
  }

  /// The same in an open directory.
  static func read<T: Decodable>(
    _ type: T.Type, _ name: FilePath.Component, in directory: Directory
  ) throws(StepFailure) -> T? {
    try decode(type, directory.path.appending(name)) { () throws(FileError) in
      try directory.readBounded(name, maxBytes: maxBytes)
    }
  }

  private static func decode<T: Decodable>(
    _ type: T.Type, _ path: FilePath, _ read: () throws(FileError) -> [UInt8]
  ) throws(StepFailure) -> T? {
    let bytes: [UInt8]
    do { bytes = try read() } catch {
      if error.isMissing { return nil }
      throw .io(error)
    }
    do { return try JSON.decode(type, from: bytes) } catch {
      throw .fault("\(path) cannot be read: \(error)")
    }
  }

  static func write(_ value: some Encodable, _ path: FilePath) throws(StepFailure) {
    let bytes: [UInt8]
    do { bytes = try JSON.encode(value, pretty: true) } catch { throw .fault("\(error)") }
    do { try writeDurably(bytes, to: path, permissions: FilePermissions(rawValue: 0o600)) } catch {
      throw .io(error)
    }
  }

  static func remove(_ path: FilePath) throws(StepFailure) {
    guard let name = path.lastComponent else { return }
    do {
      let folder = try Directory.open(path.removingLastComponent(), following: true)
      if try folder.unlink(name) { try folder.synchronize() }
    } catch {
      if error.isMissing { return }
      throw .io(error)
    }
  }
}
