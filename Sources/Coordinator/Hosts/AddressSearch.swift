import ByteText
import Files
import Inventory
import SSH
import SystemPackage

/// Where a host is that has another address now, as a router gives it one: its key is still its own. Only machines that
/// this one has lately had to do with are looked at, and none is told who we are.
struct AddressSearch: Sendable {
  /// Looked at together.
  static let most = 32
  private static let tableBytes = 256 << 10
  private static let limits = {
    var limits = SSHLimits()
    limits.connectTimeoutSeconds = 3
    limits.handshakeTimeoutSeconds = 10
    return limits
  }()

  let name: String
  let user: String
  let port: UInt16
  let trust: HostKeyTrust
  /// Host names and addresses.
  let candidates: [String]

  /// Nothing to look for where the host's key is not on file, or the way to it leads through other machines.
  init?(_ host: Host, route: SSHRoute, knownHosts: KnownHosts, neighbours: String) {
    guard route.proxy == nil, !knownHosts.keys(names: [host.name]).isEmpty else { return nil }
    name = host.name
    user = route.target.user
    port = route.target.port
    trust = HostKeyTrust([HostKeyTrust.Source(knownHosts, names: [host.name])])
    candidates = Self.candidates(neighbours, name: host.name).filter { $0 != route.target.address }
  }

  /// What the kernel knows of its neighbours; empty where it does not say.
  static var neighbours: String {
    guard let table = try? OpenFile.open("/proc/net/arp", .readOnly).readAll(maxBytes: tableBytes) else {
      return ""
    }
    return String(decoding: table, as: UTF8.self)
  }

  /// The host's own name in its network (RFC 6762), and what `/proc/net/arp` (proc(5)) lists as answering. Pure.
  static func candidates(_ neighbours: String, name: String) -> [String] {
    let complete = 0x2
    let addresses = neighbours.textLines.dropFirst().compactMap { line -> String? in
      let columns = line.words
      guard columns.count == 6, let flags = Int(columns[2].dropFirst(2), radix: 16), flags & complete != 0
      else {
        return nil
      }
      return String(columns[0])
    }
    return Array(([name + ".local"] + addresses).prefix(most))
  }

  /// What shows the host's key; nil where nothing does.
  func find() async -> String? {
    await withTaskGroup(of: String?.self) { group in
      for candidate in candidates {
        group.addTask {
          await HostSession(name: candidate).perform { isThere(candidate) ? candidate : nil }
        }
      }
      var found: String?
      for await address in group where found == nil { found = address }
      return found
    }
  }

  private func isThere(_ address: String) -> Bool {
    let target = SSHTarget(name: name, address: address, port: port, user: user)
    guard let session = try? SSHSession.connect(target, trust: trust, limits: Self.limits) else {
      return false
    }
    session.close()
    return true
  }
}

extension HostSetupRun {
  /// Where the host is now, when another machine or none answers at its address.
  func newAddress(after error: HostError) async -> String? {
    switch error {
    case .unreachable, .hostKey: break
    default: return nil
    }
    guard let route = try? await route() else { return nil }
    return await AddressSearch(
      host, route: route, knownHosts: connector.knownHosts.read(), neighbours: neighbours()
    )?.find()
  }
}
