import ByteText
import Effects
import SystemPackage
import Wire

/// Debian packages that an app needs (dpkg-query(1), apt-get(8)).
struct Packages {
  let log: StepLog

  /// How long an installation may take, in seconds.
  static let installSeconds = 1800
  static let querySeconds = 60

  static func missing(of packages: [String]) throws(StepFailure) -> [String] {
    guard !packages.isEmpty else { return [] }
    var missing: [String] = []
    for package in packages {
      do {
        let answer = try Tool.run(
          ["dpkg-query", "-W", "-f", "${db:Status-Status}", "--", package],
          timeoutSeconds: querySeconds)
        if answer.status != 0 || answer.output != "installed" { missing.append(package) }
      } catch { throw .from(error, .packages) }
    }
    return missing
  }

  func install(_ packages: [String]) throws(StepFailure) {
    let missing = try Self.missing(of: packages)
    guard !missing.isEmpty else { return }
    log.note("apt-get install \(missing.joined(separator: " "))")
    do {
      let answer = try Tool.run(
        ["apt-get", "install", "-y", "--no-install-recommends", "--"] + missing,
        timeoutSeconds: Self.installSeconds)
      log.append(Array(answer.output.utf8))
      guard answer.status == 0 else {
        throw StepFailure.because(
          .packages, "apt-get could not install \(missing.joined(separator: " "))",
          tail: answer.output.textLines.suffix(20).map(String.init))
      }
    } catch { throw .from(error, .packages) }
  }
}
