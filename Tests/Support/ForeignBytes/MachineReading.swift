import ByteText
import SystemPackage
import Wire

@testable import Effects
@testable import Agent
@testable import Files

/// What /proc and systemctl say is taken apart, and nothing of it is believed further than it goes.
func readMachine(_ bytes: [UInt8]) throws(Broken) {
  let table = MountTable(parsing: bytes)
  for mount in table.mounts {
    _ = table.mounts(below: mount.point)
    if let holding = table.mount(holding: mount.point) {
      try require(mount.point.lexicallyNormalized().starts(with: holding.point), "no mount that holds it")
    }
    if let location = Location(mount.point, in: table) {
      _ = TreeView(location, through: table).contains(mount.point.bytes)
    }
    try requireShown(mount.source, "a mount's source")
  }
  let text = String(utf8: bytes)
  let units = ["app.service", "other.service"]
  let states = Systemctl.parse(text, units: units)
  try require(states.count <= units.count, "more states than units")
  for state in states { try require((state.mainPID ?? 1) > 0, "a main process \(state.mainPID ?? 0)") }
  for path in LiveSockets.parse(text) {
    try require(path.utf8.first == UInt8(ascii: "/") && !path.utf8.contains(0x0A), "a socket at \(path)")
  }
  let processes = bytes.split(separator: 0x0A).compactMap { ProcessTree.parse(Array($0)) }
  for process in processes { _ = ProcessTree.descendants(of: process.pid, in: processes) }
  try require(mapped([bytes[...]]) == mapped(bytes.chunks), "other names from pieces")
  let plain = unescapeOctal(bytes)
  try require(plain.count <= bytes.count, "more bytes than there were")
  let printable = printableText(bytes)
  try require(!printable.unicodeScalars.contains { $0.value < 0x20 }, "a control character in \(printable)")
}

/// The names of a maps file.
private func mapped(_ pieces: [ArraySlice<UInt8>]) -> [[UInt8]] {
  var found: [[UInt8]] = []
  var names = MappedNames()
  for piece in pieces { names.take(piece) { found.append($0) } }
  return found
}

extension [UInt8] {
  fileprivate var chunks: [ArraySlice<UInt8>] {
    stride(from: 0, to: count, by: 11).map { self[$0..<Swift.min($0 + 11, count)] }
  }
}
