import Programs
import Files
import Inventory
import Glibc
import SSH
import SystemPackage
import Wire

/// Makes a person's first SSH key, by ssh-keygen, which asks for its passphrase itself.
struct KeyMaker {
  let connector: SSHConnector
  let prompter: any Prompter

  /// Sees to it that there is a key to log in with, before anybody is asked anything else.
  func ensureKey(for hosts: [Host]) async throws(SetupError) {
    for host in hosts {
      guard let place = missingKey(of: host) else { continue }
      if place == host.sshKey {
        let others = hosts.filter { $0.name != host.name }.compactMap(\.sshKey)
        let named = NamedKey(host, home: connector.surroundings.home, named: others)
        if let mistake = named.mistake { throw .inventory(mistake) }
        prompter.say(named.words)
      } else {
        prompter.say(
          "There is no SSH key of yours to log in to \(host.name) with: none in ~/.ssh, none in an ssh-agent. "
            + NamedKey.byKeyAlone)
      }
      let confirmed: Bool
      do throws(PromptError) {
        confirmed = try await prompter.confirm("Make one now (ssh-keygen -t ed25519), at \(place)?")
      } catch {
        throw .prompt(error)
      }
      guard confirmed else {
        throw .declined(
          "no key was made, and no host was touched. Next: ssh-keygen -t ed25519, then: fleet bootstrap")
      }
      try make(place)
      prompter.say("\(place) is yours alone; \(place).pub is what hosts get to know.")
    }
  }

  /// Where a key is missing; nil where there is one, or the host is reached by other means than a key.
  private func missingKey(of host: Host) -> FilePath? {
    // What is wrong with the way to a host is told when its turn comes.
    guard host.connection == .ssh, let route = try? SSHRoute.find(host, in: connector.surroundings) else {
      return nil
    }
    let choice = connector.opening(host).choice(route)
    guard choice.means == .libssh2, choice.needs.isEmpty, OwnKeys(host, route).isEmpty else { return nil }
    let place = OwnKeys.placeForNew(
      host, identityFiles: route.config?.identityFiles, home: connector.surroundings.home)
    return access(place.string, F_OK) == 0 ? nil : place
  }

  private func make(_ place: FilePath) throws(SetupError) {
    guard let ssh = connector.surroundings.ssh else {
      throw .local("there is no ssh-keygen. Next: sudo apt install openssh-client, then: fleet bootstrap")
    }
    do throws(FileError) {
      try makeDirectories(to: place.removingLastComponent(), permissions: [.ownerReadWriteExecute])
    } catch {
      throw .local("no key can be made at \(place): \(error)")
    }
    let program = ssh.removingLastComponent().appending("ssh-keygen").string
    var words = [program, "-q", "-t", "ed25519", "-f", place.string]
    if isatty(STDIN_FILENO) == 1 {
      prompter.say(
        "It may have a passphrase; with one, runs that nobody watches (cron) need an ssh-agent that holds the key."
      )
    } else {
      words += ["-N", ""]
    }
    guard Self.status(of: words) == 0 else {
      throw .local(
        "ssh-keygen made no key at \(place). Next: ssh-keygen -t ed25519 -f \(place), then: fleet bootstrap")
    }
  }

  /// Runs a program on our own terminal, in our own group: it asks there, and Ctrl-C ends it too.
  private static func status(of words: [String]) -> Int32? {
    let argv = words.map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(ChildProgram.usualSignals(in: &attributes)))
    var pid = pid_t()
    guard posix_spawn(&pid, words[0], nil, &attributes, argv, environ) == 0 else { return nil }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 { guard errno == EINTR else { return nil } }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
  }
}
