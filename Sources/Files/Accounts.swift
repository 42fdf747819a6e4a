import Glibc
package import SystemPackage

/// A user of this machine (getpwnam_r(3)).
package struct UserAccount: Sendable, Equatable {
  package let name: String
  package let id: UInt32
  package let group: UInt32
  package let home: FilePath
}

/// Looks users and groups up by their names, or by the number where the text is one.
package enum Accounts {
  /// Entries larger than this (a group with very many members) are refused.
  static let maxEntryBytes = 1 << 20

  /// Nil if there is no such user.
  package static func user(_ name: String) throws(FileError) -> UserAccount? {
    let number = uid_t(name)
    return try lookUp(name) { (buffer: inout [CChar]) in
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      let code =
        if let number {
          getpwuid_r(number, &entry, &buffer, buffer.count, &found)
        } else {
          getpwnam_r(name, &entry, &buffer, buffer.count, &found)
        }
      guard code == 0, found != nil, let name = entry.pw_name, let home = entry.pw_dir else {
        return (code, nil)
      }
      let account = UserAccount(
        name: String(cString: name), id: entry.pw_uid, group: entry.pw_gid,
        home: FilePath(platformString: home))
      return (0, account)
    }
  }

  /// Nil if there is no such group.
  package static func group(_ name: String) throws(FileError) -> UInt32? {
    if let number = gid_t(name) { return number }
    return try lookUp(name) { (buffer: inout [CChar]) in
      var entry = Glibc.group()
      var found: UnsafeMutablePointer<Glibc.group>?
      let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
      return (code, found == nil ? nil : entry.gr_gid)
    }
  }

  /// The name of somebody who is in a group and not one of `users`; nil where nobody else is. Whom a directory
  /// service keeps to itself in getpwent(3) is not found.
  package static func member(of group: UInt32, besides users: Set<UInt32>) throws(FileError) -> String? {
    let listed = try lookUp(String(group)) { (buffer: inout [CChar]) in
      var entry = Glibc.group()
      var found: UnsafeMutablePointer<Glibc.group>?
      let code = getgrgid_r(group, &entry, &buffer, buffer.count, &found)
      guard code == 0, found != nil, var member = entry.gr_mem else { return (code, [String]?.none) }
      var names: [String] = []
      while let name = member.pointee {
        names.append(String(cString: name))
        member += 1
      }
      return (0, names)
    }
    for name in listed ?? [] {
      // A name that is no user's any more lets nobody in.
      if let account = try user(name), !users.contains(account.id) { return name }
    }
    setpwent()
    defer { endpwent() }
    while let entry = getpwent() {
      if entry.pointee.pw_gid == group, !users.contains(entry.pointee.pw_uid),
        let name = entry.pointee.pw_name
      {
        return String(cString: name)
      }
    }
    return nil
  }

  /// Calls again with a larger buffer as long as the entry does not fit.
  private static func lookUp<Found>(
    _ name: String, _ call: (inout [CChar]) -> (code: Int32, Found?)
  ) throws(FileError) -> Found? {
    var size = 4096
    while true {
      var buffer = [CChar](repeating: 0, count: size)
      let (code, found) = call(&buffer)
      switch code {
      case 0, ENOENT, ESRCH: return found
      case EINTR: continue
      case ERANGE where size < maxEntryBytes: size *= 4
      default: throw FileError(.account, FilePath(name), Errno(rawValue: code))
      }
    }
  }
}
