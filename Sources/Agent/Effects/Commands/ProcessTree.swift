import ByteText
import Glibc
import SystemPackage

/// What /proc says of processes and their parents (proc(5)).
enum ProcessTree {
  struct Entry: Equatable, Sendable {
    var pid: pid_t
    var parent: pid_t
    /// `R`, `S`, `D`, `Z`, …
    var state: UInt8
    var name: String
    /// Somebody sits at it.
    var hasTerminal = false
    /// Processor time used by it and by the children it has waited for, in clock ticks.
    var ticks: UInt64
  }

  /// One line of /proc/PID/stat. The name stands in parentheses and may contain anything, also `)`.
  static func parse(_ line: [UInt8]) -> Entry? {
    guard let open = line.firstIndex(of: UInt8(ascii: "(")),
      let close = line.lastIndex(of: UInt8(ascii: ")")), open < close,
      let pid = pid_t(String(decoding: line[..<open], as: UTF8.self).trimmed)
    else { return nil }
    let fields = line[(close + 1)...].split(separator: UInt8(ascii: " "))
    // state ppid … tty_nr … utime stime cutime cstime are the fields 3, 4, 7, 14 to 17.
    guard fields.count >= 15, let state = fields[0].first,
      let parent = pid_t(String(decoding: fields[1], as: UTF8.self))
    else { return nil }
    let times = fields[11...14].compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
    return Entry(
      pid: pid, parent: parent, state: state,
      name: String(decoding: line[(open + 1)..<close], as: UTF8.self),
      hasTerminal: fields[4] != [UInt8(ascii: "0")],
      ticks: times.reduce(0, &+))
  }

  /// All processes that can be seen.
  static func all() -> [Entry] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var found: [Entry] = []
    while found.count < EffectLimits.processes, let item = readdir(directory) {
      let name = withUnsafePointer(to: &item.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let pid = pid_t(name), let entry = entry(of: pid) else { continue }
      found.append(entry)
    }
    return found
  }

  static func entry(of pid: pid_t) -> Entry? {
    guard let file = try? FileDescriptor.open("/proc/\(pid)/stat", .readOnly, options: .closeOnExec)
    else { return nil }
    defer { try? file.close() }
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = (try? buffer.withUnsafeMutableBytes { try file.read(into: $0) }) ?? 0
    return parse(Array(buffer.prefix(count)))
  }

  /// The children of a process, theirs, and so on. Those that ended and wait for their parent to ask
  /// are left out.
  static func descendants(of root: pid_t, in all: [Entry] = all()) -> [Entry] {
    var byParent: [pid_t: [Entry]] = [:]
    for entry in all { byParent[entry.parent, default: []].append(entry) }
    var found: [Entry] = []
    var open = [root]
    var seen: Set<pid_t> = [root]
    while let parent = open.popLast() {
      for child in byParent[parent] ?? [] where seen.insert(child.pid).inserted {
        open.append(child.pid)
        if child.state != UInt8(ascii: "Z"), child.state != UInt8(ascii: "X") { found.append(child) }
      }
    }
    return found
  }

  /// Processor time of a process and all below it, in clock ticks.
  static func ticks(of root: pid_t) -> UInt64 {
    let all = all()
    let own = all.first { $0.pid == root }?.ticks ?? 0
    return descendants(of: root, in: all).reduce(own) { $0 &+ $1.ticks }
  }
}
