import Glibc
import SystemPackage

/// A TCP connection to the first address of a host that takes it.
enum AddressConnection {
  /// Every address has its share of the time that is left, so that a dead first one (IPv6 that leads nowhere,
  /// say) does not use it up.
  static func open(_ target: SSHTarget, deadline: SSHDeadline) throws(SSHError) -> Int32 {
    let addresses: [ResolvedAddress]
    switch AddressLookup.resolve(target.address, port: target.port, deadline: deadline) {
    case .addresses(let found): addresses = found
    case .failed(let words):
      throw .nameNotFound(host: target.name, address: target.address, words: words)
    case .timedOut:
      throw .nameNotFound(
        host: target.name, address: target.address, words: "the name server did not answer in time")
    }
    var attempts: [ConnectAttempt] = []
    for (index, address) in addresses.enumerated() {
      let left = Double(deadline.remainingMilliseconds) / 1000 / Double(addresses.count - index)
      switch connect(to: address, deadline: SSHDeadline.after(seconds: left).orSooner(deadline)) {
      case .success(let descriptor): return descriptor
      case .failure(let errno): attempts.append(ConnectAttempt(address: address.text, errno: errno))
      }
    }
    throw .unreachable(host: target.name, port: target.port, attempts: attempts)
  }

  private static func connect(to address: ResolvedAddress, deadline: SSHDeadline) -> Result<Int32, Errno> {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.family, kind, 0)
    guard descriptor >= 0 else { return .failure(Errno(rawValue: errno)) }
    let failure = address.bytes.withUnsafeBytes { bytes -> Errno? in
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
        return .invalidArgument
      }
      guard Glibc.connect(descriptor, start, socklen_t(bytes.count)) != 0 else { return nil }
      guard errno == EINPROGRESS || errno == EINTR else { return Errno(rawValue: errno) }
      return outcome(of: descriptor, deadline: deadline)
    }
    guard let failure else { return .success(descriptor) }
    close(descriptor)
    return .failure(failure)
  }

  /// Of a connect(2) that is under way.
  private static func outcome(of descriptor: Int32, deadline: SSHDeadline) -> Errno? {
    while pollOnce(descriptor, Int16(POLLOUT), milliseconds: deadline.remainingMilliseconds) == 0 {
      if deadline.hasPassed { return .timedOut }
    }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
      return Errno(rawValue: errno)
    }
    return code == 0 ? nil : Errno(rawValue: code)
  }
}
