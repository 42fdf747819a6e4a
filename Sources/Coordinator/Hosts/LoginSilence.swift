import Programs
import ByteText
import Wire

/// Why a login that was accepted runs nothing: judged by what the host said instead. Pure.
///
/// A login shell, its start files and sshd itself come before any program of ours; each can end the login, in words of
/// its own or in silence.
struct LoginSilence {
  let host: String
  /// Who logs in, where that is known.
  var user: String?
  /// What came, both streams.
  let said: String
  let exit: ProgramEnd.Exit?
  /// What a person types to get there; nil: by its name.
  var ssh: String?

  /// Where its words tell the kind; nil where they do not.
  var known: HostError? {
    let words = said.asciiLowercase
    func says(_ parts: String...) -> Bool { parts.contains { words.holds($0) } }
    if says(
      // sshd, pam_unix(8) and sudo(8)
      "password change required", "password has expired", "required to change your password",
      "must change your password", "password is expired", "password expired")
    {
      return .authentication(
        "\(host): \(who)'s password has expired there, and nothing runs until it is a new one: \(quoted). Next: "
          + "\(typed), which asks for it (or as root there: passwd \(user ?? "USER"))")
    }
    if says("account has expired", "account is expired", "account expired", "account validation failure") {
      return .authentication(
        "\(host): \(who)'s account has expired or is locked there: \(quoted). Next, as root there: "
          + "chage -l \(user ?? "USER"), then chage -E -1 \(user ?? "USER")")
    }
    if says("this account is currently not available") {
      return .authentication(
        "\(host): \(who) has no login shell there: \(quoted). Next, as root there: "
          + "usermod -s /bin/bash \(user ?? "USER"); or another user in fleet.yaml")
    }
    if says("restricted: cannot", "rbash:", "restricted shell") {
      return .authentication(
        "\(host): \(who) has a restricted shell there: \(quoted). Next, as root there: "
          + "usermod -s /bin/bash \(user ?? "USER"); or another user in fleet.yaml")
    }
    if says("could not chdir to home directory"), exit != .status(0) {
      return .authentication(
        "\(host): \(who)'s home is not there: \(quoted). Next, as root there: mkhomedir_helper \(user ?? "USER")"
      )
    }
    return nil
  }

  var error: HostError {
    known
      ?? .authentication(
        "\(host): the login is accepted, and ends\(ending) before it runs what fleet asks for. It said \(quoted). "
          + "A start file that exits (~/.bashrc, ~/.profile), a forced command (command= in "
          + "~/.ssh/authorized_keys, ForceCommand in sshd_config) or a shell such as /bin/false does that. "
          + "Next: \(typed) 'echo here', until it says here")
  }

  private var typed: String { ssh ?? "ssh \(host)" }

  private var who: String { user.map { visible($0, limit: 60) } ?? "the user" }

  private var ending: String {
    switch exit {
    case .status(let status): " with status \(status)"
    case .signal(let name): " by signal \(name)"
    case nil: ""
    }
  }

  private var quoted: String {
    let words = said.textLines.map { $0.trimmed }.filter { !$0.isEmpty }
    guard !words.isEmpty else { return "nothing" }
    // A start file may print without end; its last words are those that say why.
    let text = words.suffix(6).joined(separator: " / ")
    return "\"\(visible(String(text.trailing(scalars: 400)), limit: .max))\""
  }
}

/// What a script of the set-up could not do, by the words of the tools that it called: what that means, and what to do
/// there. nil where they say enough. Pure.
enum SetupTrouble {
  static func meaning(of output: String, user: String) -> String? {
    let words = output.asciiLowercase
    func says(_ parts: String...) -> Bool { parts.contains { words.holds($0) } }
    if says("read-only file system") {
      return "its card, or that part of it, is read-only; a card that fails becomes so. On the host: "
        + "sudo dmesg | grep -i -e mmc -e ext4, then sudo mount -o remount,rw / (or an overlay: "
        + "sudo raspi-config nonint disable_overlayfs)"
    }
    if says("no space left on device", "disk quota exceeded") {
      return "its disk is full. On the host: df -h; df -i; sudo apt-get clean"
    }
    if says("input/output error") {
      return "its card cannot be read or written there. On the host: sudo dmesg | tail; a new card"
    }
    if says("can't cd to", "cd: home not set") {
      return "the home of the user is not there. As root there: mkhomedir_helper \(user)"
    }
    return nil
  }

  /// Of a program that has the right to be run, and is not.
  static let noExecute =
    "the file system there may be mounted noexec. On the host: findmnt -T /usr/local/lib/fleet -o TARGET,OPTIONS, "
    + "then sudo mount -o remount,exec TARGET, and in /etc/fstab"
}
