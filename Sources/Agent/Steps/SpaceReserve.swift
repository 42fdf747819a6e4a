import Files
import SystemPackage
import Wire

/// The room that must stay free.
enum SpaceReserve {
  /// At least this stays free, in bytes, or 5 % of the disk where that is more.
  static let reserveBytes: Int64 = 256 << 20
  static let reservePercent: Int64 = 5

  static func reserve(of space: FreeSpace) -> Int64 {
    max(reserveBytes, Int64(clamping: space.totalBytes) * reservePercent / 100)
  }

  /// Refuses when less than `needed` and the reserve are free.
  static func require(_ needed: Int64, at path: FilePath) throws(StepFailure) {
    let space = try files { () throws(FileError) in try FreeSpace.at(path) }
    let free = Int64(clamping: space.availableBytes)
    let reserve = reserve(of: space)
    guard free - reserve >= needed else {
      throw .because(
        .space,
        "\(sizeText(needed)) are needed at \(path), and \(sizeText(reserve)) must stay free, "
          + "but only \(sizeText(free)) are; \(Self.advice)")
    }
  }

  /// Whether less than the reserve is left. What cannot be asked is left to whoever writes.
  static func isUsedUp(at path: FilePath) -> Bool {
    guard let space = try? FreeSpace.at(path) else { return false }
    return Int64(clamping: space.availableBytes) < reserve(of: space)
  }

  /// Stage, or the last look before the stop, ends, since something (fleet, or anybody else) has used up what
  /// must stay free.
  static func usedUp(at places: [FilePath]) -> StepFailure {
    let place = places.first { isUsedUp(at: $0) } ?? places.first ?? "/"
    let space = try? FreeSpace.at(place)
    let needed = space.map { sizeText(reserve(of: $0)) } ?? "room"
    return .because(
      .space,
      "\(needed) must stay free at \(place), and were no longer; the app was not disturbed; "
        + Self.advice)
  }

  private static let advice =
    "make room (fleet backups HOST lists what could go; on the host, sudo rm -r takes one away)"
}
