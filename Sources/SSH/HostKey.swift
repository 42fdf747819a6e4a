import ByteText
import Digest
import FoundationEssentials

/// A server's public key, as it came in the handshake or stands in a known_hosts file.
package struct HostKey: Sendable, Hashable, CustomStringConvertible {
  /// The key's type as its own bytes say it, `ssh-ed25519` for example.
  package let type: String
  /// The public key in SSH's wire format (RFC 4253, section 6.6).
  package let blob: [UInt8]

  /// Fails where the bytes do not begin with a key type.
  package init?(blob: [UInt8]) {
    var reader = WireReader(blob)
    guard let name = reader.string(), (1...64).contains(name.count), !reader.isAtEnd,
      name.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2C })
    else { return nil }
    type = String(decoding: name, as: UTF8.self)
    self.blob = blob
  }

  /// Reads the base64 text of known_hosts and of `.pub` files.
  package init?(base64: some StringProtocol) {
    guard let data = Data(base64Encoded: String(base64)) else { return nil }
    self.init(blob: [UInt8](data))
  }

  package var base64: String { Data(blob).base64EncodedString() }

  /// The fingerprint as `ssh-keygen -l` shows it: `SHA256:` and base64 without padding.
  package var fingerprint: String {
    let digest = Data(SHA256.hash(blob)).base64EncodedString()
    return "SHA256:" + digest.leading { $0 != "=" }
  }

  package var description: String { "\(type) \(fingerprint)" }
}
