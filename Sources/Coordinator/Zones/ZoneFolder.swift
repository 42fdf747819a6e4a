import ByteText
import Files
import Glibc
package import SystemPackage

/// Why a name means no zone.
package enum ZoneError: Error, Equatable {
  case unknown
  /// There is no such folder: Debian's tzdata is not installed.
  case notInstalled(FilePath)
  case unreadable(FilePath, reason: String)
}

/// Where the zones of a machine are: `TZDIR`, else /usr/share/zoneinfo (tzset(3)).
package struct ZoneFolder: Sendable {
  let path: FilePath

  package init(_ path: FilePath) { self.path = path }

  package static let system = ZoneFolder(
    getenv("TZDIR").map { FilePath(platformString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
      ?? "/usr/share/zoneinfo")

  /// - Parameter name: as IANA has it: `Europe/Berlin`. UTC is known everywhere.
  package func zone(_ name: String) throws(ZoneError) -> Zone {
    if name.isSpelled("UTC") { return .utc }
    guard Self.isName(name) else { throw .unknown }
    guard let zone = try Self.zone(in: path.appending(name)) else {
      throw Self.isFolder(path) ? .unknown : .notInstalled(path)
    }
    return zone
  }

  /// Names to guess among: those of today, in zone.tab, which lie in its third column. None where it is not there.
  package func names() -> [String] {
    guard let bytes = try? Self.bytes(of: path.appending("zone.tab")) else { return [] }
    let lines = String(decoding: bytes, as: UTF8.self).textLines.filter { !$0.begins(with: "#") }
    return ["UTC"] + lines.compactMap { $0.pieces(by: "\t").dropFirst(2).first.map { String($0) } }
  }

  /// No name leaves the folder: it has no dots, and no slash before it. It has nothing else either that IANA's names do
  /// not have.
  static func isName(_ text: String) -> Bool {
    text.utf8.count <= ZoneLimits.nameBytes
      && text.pieces(by: "/", keepingEmpty: true).allSatisfy { part in
        !part.isEmpty
          && part.unicodeScalars.allSatisfy {
            $0.isASCIILetter || $0.isDigit || "_+-".unicodeScalars.contains($0)
          }
      }
  }

  /// nil where there is no such file.
  static func zone(in file: FilePath) throws(ZoneError) -> Zone? {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try Self.bytes(of: file) } catch {
      // EINVAL: it is there, and no file.
      guard !error.isMissing, error.errno != .invalidArgument else { return nil }
      throw .unreadable(file, reason: error.cause)
    }
    do throws(ZoneFile.Damage) { return try ZoneFile.zone(bytes) } catch {
      throw .unreadable(file, reason: error.reason)
    }
  }

  private static func isFolder(_ path: FilePath) -> Bool {
    (try? FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec]).close()) != nil
  }

  private static func bytes(of path: FilePath) throws(FileError) -> [UInt8] {
    try readBounded(path, maxBytes: ZoneLimits.fileBytes, following: true)
  }
}
