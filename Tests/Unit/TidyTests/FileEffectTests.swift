import Testing

/// All that agent and coordinator do to file systems passes by one place, ``FileEffects``: so tests can let each of it
/// fail.
@Suite struct FileEffectTests {
  /// Calls that change something on a disk, as Swift's Glibc and CLinux name them; not those whose names our own
  /// methods have too (write, rename, link, unlink, symlink).
  private static let calls = [
    "pwrite", "posix_fallocate", "fsync", "fdatasync", "ftruncate", "renameat", "unlinkat", "rmdir", "mkdir",
    "mkdirat",
    "linkat",
    "symlinkat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "utimensat", "futimens",
    "fsetxattr",
    "fremovexattr", "fleet_rename_new", "fleet_exchange", "fleet_syncfs", "fleet_copy_range",
  ]
  /// What stands in the same statement where the call passes by: see `Sources/Files/FileEffects.swift`.
  private static let gates = ["check(", "effect(", "setOwner(", "synchronizeOnce(", "FileEffects.pass("]

  /// Who may call them directly, and why.
  private static let elsewhere: [(path: String, reason: String)] = [
    ("Sources/Agent/Effects/Isolation/", "in a child's namespaces and process, not in the agent"),
    ("Sources/Agent/Job/Launcher.swift", "the job's link of the program, before there is a job"),
    ("Sources/Coordinator/Hosts/OpenSSHTransport.swift", "the folder of ssh's socket, gone with the run"),
  ]

  @Test func `every call that changes a disk passes by the gate`() {
    for target in ["Files", "Archive", "Delta", "Database", "SSH", "Download", "Agent", "Coordinator"] {
      let files = SourceFile.all(in: "Sources/\(target)")
      #expect(!files.isEmpty, "\(target)")
      for file in files
      where !Self.elsewhere.contains(where: { file.description.hasPrefix($0.path) }) {
        for finding in Self.ungated(file) { Issue.record("\(file):\(finding)") }
      }
    }
  }

  @Test func `a call that does not pass by would be found`() {
    let file = SourceFile(
      description: "Sources/X/x.swift",
      text: "func a() {\n  if fsync(fd) != 0 { throw b }\n  check(.x) { fchmod(fd) }\n}")
    #expect(Self.ungated(file) == ["2: fsync"])
  }

  /// The gate may stand some lines above: a call is the innermost of what it gates.
  private static let linesAbove = 8

  private static func ungated(_ file: SourceFile) -> [String] {
    let code = file.code
    return code.enumerated().flatMap { index, line in
      calls.filter { call in
        let starts = line.text.ranges(of: "\(call)(").map(\.lowerBound)
        let isCall = starts.contains { start in
          guard start > line.text.startIndex else { return true }
          let before = line.text[line.text.index(before: start)]
          if before == "." { return line.text[..<start].hasSuffix("Glibc.") }
          return !before.isLetter && !before.isNumber && before != "_"
            && !line.text[..<start].hasSuffix("func ")
        }
        guard isCall else { return false }
        let above = code[max(0, index - linesAbove)...index]
        return !above.contains { line in gates.contains(where: line.text.contains) }
      }.map { "\(line.line): \($0)" }
    }
  }
}
