import Foundation
import Glibc
import TestSupport

/// A small machine of its own: pid and mount namespaces in which a folder stands at /srv, with a boot id that the
/// folder says. When its first process dies, everything in it dies in that instant: that is the power cut.
/// Booting it again with another boot id is the next boot. All of it runs the real agent and the real app.
final class TortureMachine {
  /// The folder that stands at ``root`` inside.
  let folder: String
  private let unshare: TalkingChild

  static let root = "/srv"
  static let killat = Repository.tools.appending(path: "killat").path

  /// The environment of everything in it.
  static let environment = [
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "FLEET_AGENT_STATE": "\(root)/state",
  ]

  /// Boots: `words` become its first process.
  init(_ folder: String, _ words: [String]) throws {
    self.folder = folder
    unlink("\(folder)/is-up")
    // Not its root directory: the machine's /usr, /proc and so on are this machine's.
    let script = """
      mount --bind "$1" \(Self.root) && mount --bind \(Self.root)/boot_id /proc/sys/kernel/random/boot_id &&
      cd \(Self.root) && shift && : >is-up && exec "$@"
      """
    let asRoot = geteuid() == 0 ? [] : ["--user", "--map-root-user"]
    unshare = try TalkingChild(
      ["/usr/bin/unshare"] + asRoot
        + [
          "--pid", "--fork", "--mount", "--mount-proc", "--kill-child", "/bin/sh", "-c", script, "machine",
          folder,
        ]
        + words, environment: Self.environment, mergingErrors: true)
    unshare.endInput()
    // Before its mounts are there, /srv would still be that of this machine.
    try Template.wait("the machine", seconds: 20) { access("\(folder)/is-up", F_OK) == 0 }
  }

  deinit { cutPower() }

  /// Its first process, as seen from outside; nil once it is gone.
  private var first: pid_t? {
    let children = "/proc/\(unshare.pid)/task/\(unshare.pid)/children"
    guard let text = try? String(contentsOfFile: children, encoding: .utf8) else { return nil }
    return text.split(separator: " ").first.flatMap { pid_t($0) }
  }

  /// Kills everything in it at once, and returns when all of that is gone.
  func cutPower() {
    if let first { kill(first, SIGKILL) }
    while unshare.read() != nil {}
    unshare.wait()
  }

  var isOn: Bool { first != nil }

  /// Runs a program in it to its end; the exit code and what it printed.
  @discardableResult
  func run(_ words: [String]) throws -> (status: Int32, output: String) {
    guard let first else { throw Shell.Failed("the machine is off") }
    let asRoot = geteuid() == 0 ? [] : ["--user", "--preserve-credentials"]
    let child = try TalkingChild(
      ["/usr/bin/nsenter", "--target", "\(first)"] + asRoot + ["--pid", "--mount", "--"]
        // nsenter's own --wd means the directory outside.
        + ["/bin/sh", "-c", "cd \(Self.root) && exec \"$@\"", "run"] + words,
      environment: Self.environment, mergingErrors: true)
    child.endInput()
    var output = Data()
    while let more = child.read() { output += more }
    return (child.wait(), String(decoding: output, as: UTF8.self))
  }

  /// A program's words under killat, with the file that its report goes to.
  static func traced(_ words: [String], at plans: [Plan], listing: Bool = false, report: String = "report")
    -> [String]
  {
    [killat, "--report", "\(root)/\(report)", "--ignore", "growroom daemon"] + (listing ? ["--list"] : [])
      + plans.flatMap { ["--at", "\($0)"] } + ["--"] + words
  }
}

/// What is to happen at a system call that changes something on the disk, as `killat` understands it.
struct Plan: Hashable, CustomStringConvertible {
  /// Which process of the agent, by its verb.
  enum Phase: String, CaseIterable {
    case serve, supervise, job, recover
    case bootFiles = "boot-files"
    case bootSettle = "boot-settle"
  }
  enum What: String, CaseIterable {
    case crashEntry = "crash-entry"
    case crashExit = "crash-exit"
    case cutEntry = "cut-entry"
    case cutExit = "cut-exit"
    case noSpace = "fail=ENOSPC"
    case noSpaceFromHere = "fail-on=ENOSPC"
    case ioError = "fail=EIO"
    case ioErrorFromHere = "fail-on=EIO"
    case readOnly = "fail=EROFS"
    case readOnlyFromHere = "fail-on=EROFS"
    case short
  }
  var phase: Phase
  var number: Int
  var what: What

  var description: String { "\(phase.rawValue):\(number):\(what.rawValue)" }

  init(_ phase: Phase, _ number: Int, _ what: What) {
    self.phase = phase
    self.number = number
    self.what = what
  }

  /// As it is printed, to run it again.
  init?(_ text: String) {
    let parts = text.split(separator: ":").map(String.init)
    guard parts.count == 3, let phase = Phase(rawValue: parts[0]), let number = Int(parts[1]),
      let what = What(rawValue: parts[2])
    else { return nil }
    self.init(phase, number, what)
  }
}

/// What killat has written so far.
struct KillReport {
  struct Call: Hashable {
    var phase: String
    var number: Int
    var what: String
    var call: String
    var program: String
    var path: String
    /// Before the next call of this phase something was done that no disk shows: a process was started or ended,
    /// a signal was sent.
    var actFollows = false

    /// Made by the agent, in whatever process of it, and not by a command that it runs.
    var isOfAgent: Bool { program.hasSuffix("/fleet-agent") }

    /// It can write fewer bytes than it was given.
    var writesBytes: Bool {
      ["write", "pwrite64", "writev", "copy_file_range", "sendfile"].contains(call)
    }
  }
  var hits: [Call] = []
  var calls: [Call] = []
  /// How often each phase has ended, and its count of calls then.
  var ends: [String: [Int]] = [:]

  init(_ path: String) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
    // What stands behind the last line's end is not whole yet.
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: " ", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
      switch words.first {
      case "hit" where words.count == 7:
        hits.append(
          Call(
            phase: words[1], number: Int(words[2]) ?? 0, what: words[3], call: words[4], program: words[5],
            path: words[6]))
      case "call" where words.count >= 6:
        calls.append(
          Call(
            phase: words[1], number: Int(words[2]) ?? 0, what: "", call: words[3], program: words[4],
            path: words[5...].joined(separator: " ")))
      case "act" where words.count == 2:
        if let last = calls.lastIndex(where: { $0.phase == words[1] }) { calls[last].actFollows = true }
      case "end" where words.count == 3:
        ends[words[1], default: []].append(Int(words[2]) ?? 0)
      default: break
      }
    }
  }
}
