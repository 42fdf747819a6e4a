import Glibc
import SystemPackage

/// A conversation with an ssh-agent (draft-ietf-sshm-ssh-agent). libssh2 has one too, which blocks for as
/// long as the agent does, and an agent may wait for a person.
final class KeyAgent {
  struct Identity {
    let blob: [UInt8]
    let comment: String
  }

  enum Failure: Error {
    case unreachable(Errno)
    case refused
    case nonsense
    case deadline
  }

  private enum Message {
    static let requestIdentities: UInt8 = 11
    static let identitiesAnswer: UInt8 = 12
    static let signRequest: UInt8 = 13
    static let signResponse: UInt8 = 14
  }

  private let descriptor: Int32

  init(path: String) throws(Failure) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw .unreachable(.fileNameTooLong)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { throw .unreachable(Errno(rawValue: errno)) }
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard connected == 0 else { throw .unreachable(Errno(rawValue: errno)) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func identities(until deadline: SSHDeadline) throws(Failure) -> [Identity] {
    try Self.identities(
      in: ask([Message.requestIdentities], expecting: Message.identitiesAnswer, until: deadline))
  }

  static func identities(in answer: WireReader) throws(Failure) -> [Identity] {
    var reader = answer
    guard let count = reader.uint32() else { throw .nonsense }
    var found: [Identity] = []
    // The count is only believed as far as there are bytes: a message is bounded, so is this loop.
    for _ in 0..<count {
      guard let blob = reader.string(), let comment = reader.string() else { throw .nonsense }
      found.append(Identity(blob: blob, comment: String(decoding: comment, as: UTF8.self)))
    }
    return found
  }

  /// The signature alone, without the algorithm's name before it, as libssh2 wants it.
  func sign(_ data: [UInt8], with blob: [UInt8], until deadline: SSHDeadline) throws(Failure) -> [UInt8] {
    var request = WireWriter()
    request.string(blob)
    request.string(data)
    let algorithm = Self.algorithm(inSignedRequest: data)
    request.uint32(algorithm == "rsa-sha2-512" ? 4 : algorithm == "rsa-sha2-256" ? 2 : 0)
    var reader = try ask(
      [Message.signRequest] + request.bytes, expecting: Message.signResponse, until: deadline)
    guard let signature = reader.string() else { throw .nonsense }
    var inner = WireReader(signature)
    guard let name = inner.string(), let value = inner.string(), inner.isAtEnd else { throw .nonsense }
    // Where libssh2 asked for SHA-2 and the agent knows only SHA-1, the server would refuse without a word.
    guard algorithm == nil || String(decoding: name, as: UTF8.self) == algorithm else { throw .nonsense }
    return value
  }

  /// What is signed is session id, then the request of RFC 4252, section 7, with the algorithm in it.
  private static func algorithm(inSignedRequest data: [UInt8]) -> String? {
    var reader = WireReader(data)
    guard reader.string() != nil, reader.byte() == 50, reader.string() != nil, reader.string() != nil,
      reader.string() != nil, reader.byte() != nil, let name = reader.string()
    else { return nil }
    return String(decoding: name, as: UTF8.self)
  }

  private func ask(
    _ message: [UInt8], expecting kind: UInt8, until deadline: SSHDeadline
  ) throws(Failure) -> WireReader {
    var frame = WireWriter()
    frame.string(message)
    try send(frame.bytes, until: deadline)
    var header = WireReader(try receive(4, until: deadline))
    guard let length = header.uint32(), (1...SSHLimits.maxAgentMessageBytes).contains(Int(length)) else {
      throw .nonsense
    }
    var reader = WireReader(try receive(Int(length), until: deadline))
    guard reader.byte() == kind else { throw .refused }
    return reader
  }

  private func send(_ bytes: [UInt8], until deadline: SSHDeadline) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else {
        try waitAfterError(errno, for: POLLOUT, until: deadline)
      }
    }
  }

  private func receive(_ count: Int, until deadline: SSHDeadline) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: count)
    while bytes.count < count {
      let got = recv(descriptor, &piece, count - bytes.count, 0)
      if got > 0 {
        bytes += piece.prefix(got)
      } else if got == 0 {
        throw .unreachable(.connectionReset)
      } else {
        try waitAfterError(errno, for: POLLIN, until: deadline)
      }
    }
    return bytes
  }

  private func waitAfterError(_ code: Int32, for event: Int32, until deadline: SSHDeadline) throws(Failure) {
    guard code == EAGAIN || code == EINTR else { throw .unreachable(Errno(rawValue: code)) }
    _ = pollOnce(descriptor, Int16(event), milliseconds: deadline.remainingMilliseconds)
    if deadline.hasPassed { throw .deadline }
  }
}
