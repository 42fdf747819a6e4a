import ByteText
import Files
import Glibc
import SystemPackage

/// Who may write the files that say what runs on the hosts, there as root too: whoever runs fleet, root, and whom they
/// trust by naming a file of theirs.
struct InventoryTrust: Sendable {
  /// Who runs fleet.
  var user: UInt32
  /// Who runs it by sudo(8).
  var sudoUser: UInt32?
  /// Whether the inventory was named, not only found.
  var isNamed: Bool

  init(user: UInt32, sudoUser: UInt32? = nil, isNamed: Bool) {
    self.user = user
    self.sudoUser = sudoUser
    self.isNamed = isNamed
  }

  /// Of this process.
  init(_ location: InventoryLocation) {
    self.init(
      user: geteuid(), sudoUser: getenv("SUDO_UID").flatMap { UInt32(String(cString: $0)) },
      isNamed: location.origin == .option)
  }

  /// Adds what is wrong with a file or the folder that it lies in.
  func check(_ file: FilePath, in location: InventoryLocation, _ findings: Findings) {
    for place in [file.removingLastComponent(), file] {
      // What cannot be looked at cannot be read either, and that is told where it is.
      guard let status = try? FileStatus.of(place, following: true) else { continue }
      guard let wrong = trouble(with: status, at: location.shown(place), inventory: location.file.string)
      else {
        continue
      }
      findings.add(InventoryError(file: location.shown(place), message: wrong.message, hint: wrong.hint))
      return
    }
  }

  /// Why somebody else could have written there, and what to do.
  func trouble(with status: FileStatus, at shown: String, inventory: String) -> Wrong? {
    let trusted = Set([0, user, sudoUser ?? user, isNamed ? status.user : user])
    guard trusted.contains(status.user) else {
      return Wrong(
        "belongs to user \(status.user), who would decide what runs on the hosts",
        hint: "if that is right, name it: --inventory \(inventory)")
    }
    let isShared = status.kind == .directory && status.permissions.contains(.saveText)
    if status.permissions.contains(.otherWrite), !isShared {
      return Wrong(
        "can be written by everybody, who would decide what runs on the hosts",
        hint: "look who did, then: chmod o-w \(shown)")
    }
    guard status.permissions.contains(.groupWrite), !isShared, !isNamed,
      let stranger = try? Accounts.member(of: status.group, besides: trusted)
    else { return nil }
    return Wrong(
      "can be written by \(stranger) through its group, who would decide what runs on the hosts",
      hint: "chmod g-w \(shown), or if that is right, name it: --inventory \(inventory)")
  }
}
