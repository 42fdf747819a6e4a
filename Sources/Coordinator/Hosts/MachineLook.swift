import Programs
import ByteText
import Files
import Glibc
package import SystemPackage

/// Looks where this machine keeps what it knows of others. Whatever is missing or cannot be read is passed over: a
/// person can type a host all the same.
package struct MachineLook: Sendable {
  /// Whose `.ssh` it is.
  var home: FilePath
  /// Where `avahi-browse` is looked for, as `PATH` names folders.
  var path: String
  /// What this machine is called.
  var ownName: String
  /// How long the network is listened to.
  var networkSeconds = HostLimits.networkLookSeconds

  package init(home: FilePath, path: String?, ownName: String) {
    self.home = home
    self.path = path ?? ""
    self.ownName = ownName
  }

  /// Blocks, at most as long as the network is listened to.
  package func look() -> KnownMachines {
    var known = KnownMachines(own: ownName)
    let folder = home.appending(".ssh")
    for text in sshConfigs(in: folder) { known.add(sshConfig: text) }
    known.add(knownHosts: text(of: folder.appending("known_hosts")) ?? "")
    for text in onNetwork() { known.add(avahi: text) }
    return known
  }

  private func text(of file: FilePath) -> String? {
    (try? readBounded(file, maxBytes: HostLimits.textFileBytes, following: true)).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// The user's file, and those that it includes, each once.
  private func sshConfigs(in folder: FilePath) -> [String] {
    var texts: [String] = []
    var files = [folder.appending("config")]
    var next = 0
    while next < files.count, next < HostLimits.sshConfigFiles {
      let text = text(of: files[next]) ?? ""
      next += 1
      texts.append(text)
      for pattern in KnownMachines.includes(inSSHConfig: text) {
        files += Self.files(pattern, in: folder, home: home).filter { !files.contains($0) }
      }
    }
    return texts
  }

  /// The files that a pattern of glob(7) names; relative ones lie in `~/.ssh` (ssh_config(5), Include).
  private static func files(_ pattern: String, in folder: FilePath, home: FilePath) -> [FilePath] {
    let inHome = pattern.without(prefix: "~/").map { home.appending(String($0)).string }
    let whole = inHome ?? (pattern.begins(with: "/") ? pattern : folder.appending(pattern).string)
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(whole, 0, nil, &found) == 0 else { return [] }
    return (0..<min(Int(found.gl_pathc), HostLimits.sshConfigFiles)).compactMap { index in
      found.gl_pathv[index].map { FilePath(platformString: $0) }
    }
  }

  /// What avahi hears of machines that offer SSH, or say only that they are there. Nothing where it is not installed,
  /// or its daemon does not run.
  private func onNetwork() -> [String] {
    let programs = path.pieces(by: ":").lazy.filter { $0.begins(with: "/") }
      .map { FilePath(String($0)).appending("avahi-browse").string }
    guard let program = programs.first(where: { access($0, X_OK) == 0 }) else { return [] }
    let children = ["_ssh._tcp", "_workstation._tcp"].compactMap { kind in
      try? ChildProgram([program, "--parsable", "--terminate", "--resolve", kind], drained: true)
    }
    let deadline = ContinuousClock.Instant.after(seconds: networkSeconds)
    return children.map { child in
      defer { child.kill() }
      return String(decoding: child.output(maxBytes: HostLimits.outputBytes, until: deadline), as: UTF8.self)
    }
  }
}
