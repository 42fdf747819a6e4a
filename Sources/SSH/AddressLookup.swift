import Glibc
import Synchronization
import SystemPackage
import Threads

/// One socket address, of either family.
struct ResolvedAddress: Sendable {
  let family: Int32
  /// The sockaddr_in or sockaddr_in6, as it stands in memory.
  let bytes: [UInt8]
  /// In numbers, for messages.
  let text: String
}

/// Name lookup with a deadline.
///
/// getaddrinfo(3) cannot be told to stop, so it runs on a thread of its own; when time is up it is left
/// behind and ends by itself when the resolver gives up. It owns everything it touches.
enum AddressLookup {
  enum Outcome: Sendable {
    case addresses([ResolvedAddress])
    case failed(String)
    case timedOut
  }

  static func resolve(_ name: String, port: UInt16, deadline: SSHDeadline) -> Outcome {
    if case .addresses(let found) = lookUp(name, port: port, flags: AI_NUMERICHOST) {
      return .addresses(found)
    }
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return .failed(String(cString: strerror(errno))) }
    let (readEnd, writeEnd) = (ends[0], ends[1])
    defer { close(readEnd) }
    let job = Job(name: name, port: port, signal: writeEnd)
    do throws(Errno) { try SystemThread.start { job.run() } } catch {
      close(writeEnd)
      return .failed("\(error)")
    }
    while true {
      // The thread closes its end when it is done: that is the sign.
      if pollOnce(readEnd, Int16(POLLIN), milliseconds: deadline.remainingMilliseconds) != 0 {
        return job.outcome.withLock { $0 }
      }
      if deadline.hasPassed { return .timedOut }
    }
  }

  private final class Job: Sendable {
    let name: String
    let port: UInt16
    let signal: Int32
    let outcome = Mutex(Outcome.timedOut)

    init(name: String, port: UInt16, signal: Int32) {
      self.name = name
      self.port = port
      self.signal = signal
    }

    func run() {
      let found = lookUp(name, port: port, flags: AI_ADDRCONFIG)
      outcome.withLock { $0 = found }
      close(signal)
    }
  }

  private static func lookUp(_ name: String, port: UInt16, flags: Int32) -> Outcome {
    var hints = addrinfo()
    hints.ai_flags = flags | AI_NUMERICSERV
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, String(port), &hints, &list)
    guard code == 0 else { return .failed(String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var found: [ResolvedAddress] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      guard let address = entry.ai_addr else { continue }
      let bytes = [UInt8](UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen)))
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let named = getnameinfo(
        address, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      let shown = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      found.append(
        ResolvedAddress(
          family: entry.ai_family, bytes: bytes,
          text: named == 0 ? String(decoding: shown, as: UTF8.self) : name))
    }
    return .addresses(found)
  }
}
