import Files
import FoundationEssentials
import Release
import SystemPackage

/// A small file of JSON under a first line with its SHA-256: what a failing disk has changed is no longer read.
enum SealedFile {
  static func write(_ value: some Encodable, to path: FilePath) throws(CatalogueError) {
    let json: [UInt8]
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      json = try Array(encoder.encode(value))
    } catch {
      throw .storage("\(path) cannot be written: \(error)")
    }
    do throws(FileError) {
      try writeDurably(Array("\(digest(json))\n".utf8) + json, to: path)
    } catch {
      throw CatalogueError(error)
    }
  }

  /// Nil where there is none, or none that can be trusted.
  static func read<Value: Decodable>(_ type: Value.Type, from path: FilePath, maxBytes: Int) -> Value? {
    guard let bytes = try? readBounded(path, maxBytes: maxBytes),
      let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    let json = Array(bytes[(end + 1)...])
    guard String(decoding: bytes[..<end], as: UTF8.self) == digest(json) else { return nil }
    return try? JSONDecoder().decode(type, from: Data(json))
  }

  private static func digest(_ bytes: [UInt8]) -> String {
    SHA256Digest(of: bytes).description
  }
}
