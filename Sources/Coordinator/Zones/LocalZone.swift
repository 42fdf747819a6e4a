import ByteText
import Glibc
package import SystemPackage

/// This machine's zone, as tzset(3) finds it: what `TZ` says, else /etc/localtime. Where neither means anything it is
/// UTC, for fleet as for all others.
package struct LocalZone: Sendable {
  package let zone: Zone
  /// What should have said which zone it is, and says nothing that is known here: `TZ=Europe/Berlim`.
  package let unknown: String?

  /// Of this process.
  package static let current = LocalZone(
    variable: getenv("TZ").map { String(cString: $0) }, folder: .system, file: "/etc/localtime")

  /// - Parameters:
  ///   - variable: `TZ`.
  ///   - file: what is asked where that is not set.
  package init(variable: String?, folder: ZoneFolder, file: FilePath) {
    guard let variable else {
      var status = stat()
      // Where there is not even a link, nobody has said anything.
      let isThere = file.withPlatformString { lstat($0, &status) } == 0
      self.init(isThere ? try? ZoneFolder.zone(in: file) : .utc, unknown: "\(file)")
      return
    }
    let text = String(variable.without(prefix: ":") ?? variable[...])
    guard !text.isEmpty else {
      self.init(.utc, unknown: nil)
      return
    }
    // Whoever sets TZ may name any file.
    let found = text.begins(with: "/") ? try? ZoneFolder.zone(in: FilePath(text)) : try? folder.zone(text)
    self.init(
      found ?? ZoneRule(text).map { Zone(offsets: [$0.standard], rule: $0) }, unknown: "TZ=\(variable)")
  }

  private init(_ zone: Zone?, unknown: String?) {
    self.zone = zone ?? .utc
    self.unknown = zone == nil ? unknown : nil
  }
}
