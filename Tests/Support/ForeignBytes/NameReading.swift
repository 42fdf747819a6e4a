import ByteText
import Files
import Release
import SystemPackage

@testable import Inventory

/// Versions are in one order, whoever compares them, and a name that was read is written the same.
func readNames(_ bytes: [UInt8]) throws(Broken) {
  let lines = String(utf8: bytes).allTextLines.prefix(8).map { String($0) }
  let versions = lines.compactMap { Version($0) }
  for one in versions {
    try require(Version("\(one)") == one && Version("\(one)")?.build == one.build, "another version: \(one)")
    for other in versions {
      let relations = [one < other, one == other, other < one].count { $0 }
      try require(relations == 1, "\(one) and \(other) are in no order")
      try require(one != other || one.hashValue == other.hashValue, "\(one) and \(other) hash apart")
      for third in versions where one < other && other < third {
        try require(one < third, "\(one) < \(other) < \(third), and not \(one) < \(third)")
      }
    }
  }
  for line in lines {
    if let tag = TagName(line) {
      try require(tag.text.utf8.elementsEqual(line.utf8), "another tag")
      let track = Track(majorOf: tag.version, channel: tag.channel)
      try require(track.contains(tag, includePrereleases: true), "\(tag) is not on \(track)")
      try require(Track("\(track)") == track, "another track: \(track)")
    }
    if let track = Track(line) { try require(Track("\(track)") == track, "another track: \(track)") }
    if let range = VersionRange(line) { for version in versions { _ = range.contains(version) } }
    if let id = ObjectID(line) { try require("\(id)" == line.asciiLowercase, "another id") }
  }
  guard let pattern = lines.first, let glob = try? Glob(pattern) else { return }
  for line in lines.dropFirst() {
    let path = FilePath(bytes: line.utf8.filter { $0 != 0 })
    if glob.matches(path), path.isRelative {
      try require(glob.covers(path), "\(glob) matches and does not cover")
    }
  }
}
