import ByteText
import Programs
import SystemPackage
import Threads
import Wire

/// git(1) of this machine, which is told nothing by a terminal and asks nothing at one.
///
/// Lives on one thread and blocks it.
struct GitProgram {
  /// Those of the process, for proxies, keys and git's own settings, and what keeps it from asking and from doing more.
  private var environment: [String: String]
  private let cancel: CancelFlag

  /// - Parameters:
  ///   - environment: that of the process.
  ///   - authorization: the value of a header for a web address, and for no other: nothing is followed elsewhere then.
  init(
    environment: [String: String], authorization: (url: String, value: String)?, cancel: CancelFlag
  ) {
    self.cancel = cancel
    // Of a repository that happens to be around us: `git rev-parse --local-env-vars`.
    let local = [
      "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE",
      "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_PREFIX", "GIT_CONFIG",
      "GIT_REPLACE_REF_BASE", "GIT_NO_REPLACE_OBJECTS", "GIT_CONFIG_PARAMETERS",
    ]
    var all = environment
    for name in local { all[name] = nil }
    all["LC_ALL"] = "C"
    all["GIT_TERMINAL_PROMPT"] = "0"
    // ssh(1): what would be asked at the terminal is asked of a program that says no.
    all["SSH_ASKPASS_REQUIRE"] = "force"
    all["SSH_ASKPASS"] = "/bin/false"
    all["GIT_ASKPASS"] = "/bin/false"
    // None until it is known how the repository is reached: see `allow`.
    all["GIT_ALLOW_PROTOCOL"] = "none"
    // Beside what the user says for this run, and not on the command line, which everybody on this machine can read.
    var settings = [
      ("core.hooksPath", "/dev/null"), ("core.attributesFile", "/dev/null"), ("gc.auto", "0"),
      ("maintenance.auto", "false"), ("fetch.fsckObjects", "true"), ("tar.umask", "0022"),
      ("core.autocrlf", "false"), ("core.eol", "lf"),
    ]
    if let authorization {
      settings.append(("http.\(authorization.url).extraHeader", "Authorization: \(authorization.value)"))
      settings.append(("http.followRedirects", "false"))
    }
    let given = all["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0
    for (index, setting) in settings.enumerated() {
      all["GIT_CONFIG_KEY_\(given + index)"] = setting.0
      all["GIT_CONFIG_VALUE_\(given + index)"] = setting.1
    }
    all["GIT_CONFIG_COUNT"] = "\(given + settings.count)"
    self.environment = all
  }

  /// Lets git reach others in this way, and in no other one that a server may send it to.
  mutating func allow(_ transport: Transport) { environment["GIT_ALLOW_PROTOCOL"] = transport.rawValue }

  /// How git reaches a repository, in the words of `GIT_ALLOW_PROTOCOL` (git(1)).
  enum Transport: String {
    case https, http, ssh, file

    /// Of an address as git uses it; nil where it is another way, such as a program of its own.
    init?(of address: String) {
      guard let (before, after) = address.cut(at: ":"), !before.holds("/") else {
        self = .file
        return
      }
      if after.begins(with: ":") { return nil }
      self.init(rawValue: after.begins(with: "//") ? before.asciiLowercase : "ssh")
    }
  }

  /// Why git did not do it.
  struct Refusal: Error {
    /// What it said, its last lines.
    var said: String
  }

  /// What it prints.
  ///
  /// - Parameters:
  ///   - seconds: after which it is ended.
  ///   - goesOn: asked some times a second; what it throws ends git.
  func run(
    _ arguments: [String], maxBytes: Int, seconds: Double,
    goesOn: () throws(SourceFailure) -> Void = {}
  ) throws(SourceFailure) -> Result<String, Refusal> {
    let child: ChildProgram
    do throws(Errno) {
      child = try ChildProgram(["git"] + arguments, drained: true, environment: environment)
    } catch {
      let why = error == .noSuchFileOrDirectory ? "it is not installed: apt install git" : "\(error)"
      throw SourceFailure(error: .source("git cannot be started: \(why)"))
    }
    defer { child.kill() }
    let deadline = ContinuousClock.Instant.after(seconds: seconds)
    var stopped: SourceFailure?
    let output = child.output(maxBytes: maxBytes + 1, until: deadline) {
      if cancel.isSet { stopped = .cancelled }
      do throws(SourceFailure) { try goesOn() } catch { stopped = stopped ?? error }
      return stopped == nil
    }
    if let stopped { throw stopped }
    guard output.count <= maxBytes else {
      throw SourceFailure(error: .source("git says more than \(maxBytes) bytes, which is the limit"))
    }
    guard let end = child.end(withinSeconds: Self.farewellSeconds) else {
      throw SourceFailure(
        error: .source("git was not done within \(Int(seconds)) s. Try again when the network is better."),
        isAway: true)
    }
    guard end.exit == .status(0) else { return .failure(Refusal(said: Self.why(end.standardError))) }
    return .success(String(decoding: output, as: UTF8.self))
  }

  /// Learning how it ended after it has closed its output, in seconds.
  private static let farewellSeconds = 5.0

  /// The lines that say why, of all that git and its helpers say.
  static func why(_ said: String) -> String {
    let lines = said.textLines.map { $0.trimmed }.filter { !$0.isEmpty }
    let telling = lines.filter { $0.begins(with: "fatal:") || $0.begins(with: "error:") }
    let shown = (telling.isEmpty ? lines.suffix(2) : telling.suffix(2)).map {
      visible(String($0.without(prefix: "fatal: ") ?? $0.without(prefix: "error: ") ?? $0), limit: 200)
    }
    return shown.isEmpty ? "it does not say why" : shown.joined(separator: "; ")
  }
}
