import ByteText
import FoundationEssentials
import Glibc
import SystemPackage

/// A private key file, looked at from outside: what kind of key, encrypted or not. libssh2 gets its text.
struct KeyFile {
  /// The whole text, ended by a zero byte as libssh2 wants it.
  let text: [CChar]
  let isEncrypted: Bool
  /// `nil` for the older PEM formats, which hide it.
  let publicKey: HostKey?
  let isRSA: Bool

  /// The length without the zero byte.
  var count: Int { text.count - 1 }

  static func read(_ path: FilePath) throws(Refusal) -> KeyFile {
    try parse(contents(of: path))
  }

  struct Refusal: Error { let reason: AuthenticationAttempt.Reason }

  /// The first line of a public key file, which may be open to others.
  static func text(of path: FilePath) throws(Refusal) -> Substring {
    String(decoding: try contents(of: path, secret: false), as: UTF8.self).textLines.first ?? ""
  }

  private static func contents(of path: FilePath, secret: Bool = true) throws(Refusal) -> [UInt8] {
    // Not blocking, so that a FIFO by that name does not hold us up.
    let descriptor = path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw Refusal(reason: .unreadable(Errno(rawValue: errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Refusal(reason: .unreadable(Errno(rawValue: errno))) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= SSHLimits.maxKeyFileBytes else {
      throw Refusal(reason: .notAPrivateKey("is not a key file"))
    }
    // As OpenSSH does: only the owner's own keys are judged.
    guard !secret || status.st_uid != getuid() || status.st_mode & 0o077 == 0 else {
      throw Refusal(reason: .tooOpen(mode: status.st_mode & 0o777))
    }
    var bytes = [UInt8](repeating: 0, count: SSHLimits.maxKeyFileBytes)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw Refusal(reason: .unreadable(Errno(rawValue: errno))) }
    return Array(bytes.prefix(count))
  }

  /// Pure, for the formats of ssh-keygen: OpenSSH's own (PROTOCOL.key), and PEM.
  static func parse(_ bytes: [UInt8]) throws(Refusal) -> KeyFile {
    let words = String(decoding: bytes, as: UTF8.self)
    guard let header = words.textLines.first(where: { $0.begins(with: "-----BEGIN ") }),
      header.ends(with: "PRIVATE KEY-----"), !bytes.contains(0)
    else {
      let isPublic = words.begins(with: "ssh-") || words.begins(with: "ecdsa-")
      throw Refusal(
        reason: .notAPrivateKey(isPublic ? "is the public half; name the private key" : "is no private key"))
    }
    let text = bytes.map { CChar(bitPattern: $0) } + [0]
    guard header.holds("OPENSSH") else {
      let encrypted = header.holds("ENCRYPTED") || words.holds("Proc-Type: 4,ENCRYPTED")
      return KeyFile(text: text, isEncrypted: encrypted, publicKey: nil, isRSA: header.holds(" RSA "))
    }
    let body = words.textLines.filter { !$0.begins(with: "-----") }.joined()
    guard let data = Data(base64Encoded: body), data.starts(with: Array("openssh-key-v1\0".utf8)) else {
      throw Refusal(reason: .notAPrivateKey("is damaged"))
    }
    var reader = WireReader(data.dropFirst("openssh-key-v1\0".utf8.count))
    guard let cipher = reader.string(), reader.string() != nil, reader.string() != nil,
      reader.uint32() == 1, let blob = reader.string(), let key = HostKey(blob: blob)
    else { throw Refusal(reason: .notAPrivateKey("is damaged")) }
    return KeyFile(
      text: text, isEncrypted: cipher != Array("none".utf8), publicKey: key, isRSA: key.type == "ssh-rsa")
  }
}
