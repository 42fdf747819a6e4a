import Text
import Inventory
import SystemPackage

/// What a person types to get to a host as fleet does: a name that only fleet.yaml knows is none for ssh.
extension Host {
  /// `ssh grow@10.77.0.99`, `ssh -p 2222 veg`.
  var typedSSH: String {
    var words = ["ssh"]
    if let sshKey { words += ["-i", sshKey.string] }
    if let port, port != 22 || address == nil { words += ["-p", String(port)] }
    words.append((user.map { $0 + "@" } ?? "") + (address ?? name))
    return CommandWord.typed(words)
  }
}
