/// One host, as it is reached.
package struct SSHTarget: Sendable, Hashable {
  /// What people call it: the inventory's name, used in messages.
  package let name: String
  /// A host name, an IPv4 or an IPv6 address (without brackets; `fe80::1%eth0` is fine).
  package let address: String
  package let port: UInt16
  package let user: String

  package init(name: String, address: String, port: UInt16 = 22, user: String) {
    self.name = name
    self.address = address
    self.port = port
    self.user = user
  }
}
