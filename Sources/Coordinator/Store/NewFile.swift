import Files
package import SystemPackage

/// A file that a person will go on with: written once, and never over what is there.
package enum NewFile {
  /// Makes it, with the folders on the way to it, whole or not at all.
  ///
  /// - Returns: false where something is there already (O_EXCL, open(2)), which stays as it is.
  package static func write(_ text: String, to file: FilePath) throws(StoreError) -> Bool {
    do throws(FileError) {
      try makeDirectories(to: parent(of: file))
      let new = try OpenFile.open(
        file, .writeOnly, options: [.create, .exclusiveCreate],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      try fill(new, with: text)
      return true
    } catch {
      guard error.errno != .fileExists else { return false }
      throw StoreError(error, at: error.path)
    }
  }

  private static func fill(_ new: borrowing OpenFile, with text: String) throws(FileError) {
    do throws(FileError) {
      try new.write(text.utf8)
      try new.synchronize()
    } catch {
      // Half of it would be taken for what somebody wrote, and would keep the next run from writing it.
      if let name = new.path.lastComponent {
        _ = try? Directory.open(parent(of: new.path), following: true).unlink(name)
      }
      throw error
    }
  }

  /// Whether there is something, whatever it is.
  package static func isThere(_ file: FilePath) -> Bool { (try? FileStatus.of(file)) != nil }
}
