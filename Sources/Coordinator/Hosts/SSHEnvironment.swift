import ByteText
import Files
import FoundationEssentials
import Glibc
import Inventory
package import SystemPackage

/// What of this machine matters for reaching hosts.
package struct SSHEnvironment: Sendable {
  package var home: FilePath
  /// The name of the user who runs us.
  package var user: String
  /// `SSH_AUTH_SOCK`.
  package var agentSocket: FilePath?
  /// Read by `ssh -G` instead of the user's own and the system's configuration.
  package var sshConfig: FilePath?
  /// The ssh program; nil: OpenSSH is not there, and only the inventory counts.
  package var ssh: FilePath?
  /// Where a control socket of ssh may lie for a while, in a folder that only we can enter.
  package var runtimeFolder: FilePath = "/tmp"
  /// Whether there is a Kerberos ticket, as far as can be seen without asking for it.
  package var hasTicket = false

  package init(
    home: FilePath, user: String, agentSocket: FilePath? = nil, sshConfig: FilePath? = nil,
    ssh: FilePath? = nil
  ) {
    self.home = home
    self.user = user
    self.agentSocket = agentSocket
    self.sshConfig = sshConfig
    self.ssh = ssh
  }

  /// Those of this process.
  package static var current: SSHEnvironment {
    let environment = ProcessInfo.processInfo.environment
    let folders = (environment["PATH"] ?? "/usr/bin:/bin").pieces(by: ":")
    let ssh = folders.lazy.map { FilePath(String($0)).appending("ssh") }
      .first { access($0.string, X_OK) == 0 }
    var here = SSHEnvironment(
      home: homeFolder(environment), user: (try? Accounts.user("\(geteuid())"))?.name ?? "\(geteuid())",
      agentSocket: environment["SSH_AUTH_SOCK"].flatMap { $0.isEmpty ? nil : FilePath($0) }, ssh: ssh)
    if let folder = environment["XDG_RUNTIME_DIR"], isPlain(folder), isOursAlone(folder) {
      here.runtimeFolder = FilePath(folder)
    }
    here.hasTicket = environment["KRB5CCNAME"] != nil || access("/tmp/krb5cc_\(getuid())", R_OK) == 0
    return here
  }

  /// After su(1) it may still be another's, who could put something else in the place of what we make there.
  private static func isOursAlone(_ folder: String) -> Bool {
    var status = stat()
    return lstat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
      && status.st_mode & 0o077 == 0
  }

  /// Short enough for a socket in it, and without what ssh_config(5) reads as more than a letter.
  static func isPlain(_ folder: String) -> Bool {
    folder.begins(with: "/") && folder.utf8.count <= HostLimits.socketFolderBytes
      && folder.unicodeScalars.allSatisfy {
        $0.isASCIILetter || $0.isDigit || "/_.-".unicodeScalars.contains($0)
      }
  }
}
