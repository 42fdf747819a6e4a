import Foundation
import TestSupport
import Glibc

/// `host.sh` in namespaces of its own.
struct Host {
  let site: Site
  let fileSystem: FileSystem

  func start(_ verb: String, image: String, _ more: [String: String] = [:]) throws -> TalkingChild {
    let environment = [
      "FOLDER": site.folder, "IMAGE": image, "FS": fileSystem.rawValue, "BIN": site.programs,
      "MKFS": fileSystem.mkfs,
    ].merging(more) { $1 }
    return try Tool.start(
      [
        "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
        "/bin/sh", Repository.file("Tests/Campaigns/PowerTests/host.sh").path, verb,
      ], environment: environment)
  }

  /// Makes the disk with the old version on it.
  func furnish(_ image: String, _ more: [String: String] = [:]) throws {
    let file = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0, ftruncate(file, off_t(fileSystem.sizeBytes)) == 0 else {
      throw Tool.Failed("cannot make \(image)")
    }
    close(file)
    let raw = image + ".raw"
    try Tool.run("mv", image, raw)
    let release = ["RELEASE": try Pocket(site: site).tree(.old)]
    let host = try start("furnish", image: raw, release.merging(more) { $1 })
    host.endInput()
    let output = host.readAll()
    guard host.wait() == 0 else { throw Tool.Failed("furnish: \(output)") }
    // Zeros that were written (a log of XFS) become holes: what is copied thousands of times stays small.
    try Tool.run("cp", "--sparse=always", raw, image)
    try Tool.run("rm", raw)
  }

  /// Boots a disk after the cut; what was seen.
  func boot(_ image: String, bootID: String, _ more: [String: String] = [:]) throws -> Sight {
    try forget()
    let host = try start("boot", image: image, ["BOOT_ID": bootID].merging(more) { $1 })
    host.endInput()
    let output = host.readAll()
    let status = host.wait()
    return Sight(output, status: status)
  }

  /// What is outside of the disk is the machine's memory: a new boot has none of it.
  func forget() throws {
    let outside = "\(site.folder)/outside"
    try? FileManager.default.removeItem(atPath: outside)
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
  }
}
