import Inventory
import Text
import ByteText
import FoundationEssentials
import SystemPackage
import Wire

/// A private key that the inventory names, and that is not there: most likely a slip of the pen.
struct NamedKey {
  let host: String
  let path: FilePath
  /// Where the inventory says so.
  let place: String?
  let home: FilePath
  /// The private keys there are, in its own folder first.
  let others: [FilePath]

  /// Looks for other keys beside it, and where ssh has them.
  ///
  /// - Parameter named: keys that the inventory names for other hosts; each is meant to be its host's own.
  init(_ host: Host, home: FilePath, named: [FilePath]) {
    let path = host.sshKey ?? ""
    let folders = [path.removingLastComponent(), home.appending(".ssh")]
    var others: [FilePath] = []
    for file in folders.flatMap(Self.keys) where !([path] + named + others).contains(file) {
      others.append(file)
    }
    self.init(host: host.name, path: path, place: host.sshKeyPlace, home: home, others: others)
  }

  init(host: String, path: FilePath, place: String?, home: FilePath, others: [FilePath]) {
    (self.host, self.path, self.place, self.home, self.others) = (host, path, place, home, others)
  }

  static let byKeyAlone = "fleet logs in by a key, never by a password."

  /// The one that was likely meant; nil where none is near.
  var meant: FilePath? {
    let name = path.lastComponent?.string ?? ""
    let names = others.compactMap { $0.lastComponent?.string }
    // A longer name is one of its own: id_ed25519_pi beside id_ed25519.
    let near = nearest(to: name, among: names.filter { abs($0.utf8.count - name.utf8.count) < 2 })
    return others.first { $0.lastComponent?.string == near }
  }

  /// What is wrong in the inventory; nil where it may well be that the key is yet to be made.
  var mistake: String? {
    guard let meant else { return nil }
    return
      "\(missing) Did you mean \(shown(meant))? No key was made, and no host was touched. Next: mend that line, "
      + "then: fleet bootstrap"
  }

  /// Where none is near: what there is, and where a new one would be.
  var words: String {
    let keys =
      others.isEmpty
      ? "There is no other key either." : "Keys that are there: \(Wording.list(others.prefix(5).map(shown)))."
    return "\(missing) \(keys) A new one would be made at that very path. \(Self.byKeyAlone)"
  }

  private var missing: String {
    let place = place.map { visible($0, limit: 200) } ?? "fleet.yaml"
    return "\(host): \(place): ssh_key names \(shown(path)), and there is no such file."
  }

  private func shown(_ path: FilePath) -> String {
    var rest = path
    return visible(rest.removePrefix(home) && !rest.isEmpty ? "~/\(rest.string)" : path.string, limit: 300)
  }

  /// What has a public half beside it, and what ssh-keygen calls keys by itself.
  private static func keys(in folder: FilePath) -> [FilePath] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
    let all = Set(names.prefix(HostLimits.keysLookedAt))
    let keys = all.compactMap { name -> String? in
      if let key = name.without(suffix: ".pub").map(String.init), all.contains(key) { return key }
      return ["id_ed25519", "id_ecdsa", "id_rsa"].contains(name) ? name : nil
    }
    return Set(keys).sorted().map { folder.appending($0) }
  }
}
