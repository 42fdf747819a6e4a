/// One host, as it is reached.
public struct SSHTarget: Sendable, Hashable {
  /// What people call it: the inventory's name, used in messages.
  public let name: String
  /// A host name, an IPv4 or an IPv6 address (without brackets; `fe80::1%eth0` is fine).
  public let address: String
  public let port: UInt16
  public let user: String

  public init(name: String, address: String, port: UInt16 = 22, user: String) {
    self.name = name
    self.address = address
    self.port = port
    self.user = user
  }
}
