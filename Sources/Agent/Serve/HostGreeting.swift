import ByteText
import Files
import Glibc
import SystemPackage
import Wire

/// What the machine is.
enum HostGreeting {
  static func hello(bootID: String) -> HostHello {
    var name = utsname()
    uname(&name)
    let user = Accounts.nameOfCurrentUser()
    return HostHello(
      wire: WireLimits.version, version: FleetVersion.text, architecture: text(of: name.machine),
      bootID: bootID, systemd: Launcher.hasSystemd, user: user,
      system: operatingSystem() ?? "\(text(of: name.sysname)) \(text(of: name.release))")
  }

  /// gethostname(2).
  static var hostname: String {
    var name = utsname()
    uname(&name)
    return text(of: name.nodename)
  }

  private static func text<T>(of field: T) -> String {
    withUnsafeBytes(of: field) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// PRETTY_NAME of os-release(5).
  private static func operatingSystem() -> String? {
    guard let bytes = try? readBounded("/etc/os-release", maxBytes: 1 << 16, following: true) else {
      return nil
    }
    let key = "PRETTY_NAME="
    return String(decoding: bytes, as: UTF8.self).textLines
      .lazy.compactMap { $0.without(prefix: key) }.first?
      .exchanging("\"", for: "")
  }
}
