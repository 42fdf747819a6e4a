import Programs
import Text
import ByteText
import Wire

/// A shell script of the set-up, run on the host as the user who logs in or as root.
///
/// Becoming root: `sudo -k -S -p MARKER`, and the password is sent only after the marker has come, since
/// where no password is wanted it would land in the script's input. The script itself says when it runs;
/// only then its input follows. What it prints (both streams) is data, bounded.
struct SetupScript: Sendable {
  var text: String
  var arguments: [String] = []
  var input: [UInt8] = []
  var asRoot: Bool
  var seconds = HostLimits.scriptSeconds

  enum Outcome: Equatable, Sendable {
    case ended(status: Int32, output: String)
    /// sudo wants the password of the user.
    case passwordWanted
    case passwordWrong
    /// sudo will not have it, in its own words.
    case notAllowed(String)
    /// The login ended before anything of the script had run, in the host's own words.
    case notBegun(said: String, ProgramEnd.Exit?)
  }

  /// The line for the login shell. `marker` cannot be guessed by what a login shell prints.
  func command(marker: String) -> String {
    let inner = "printf '%s\\n' '\(marker) ready'\n" + text
    let become =
      asRoot
      ? """
      if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo '\(marker) nosudo'; exit 1; }
        exec sudo -k -S -p '\(marker) password' -- /bin/sh -c "$@"
      fi
      """ : ""
    let outer = """
      exec 2>&1
      echo '\(marker) here'
      export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      \(become)
      exec /bin/sh -c "$@"
      """
    return (["exec", "/bin/sh", "-c"] + ([outer, "fleet", inner, "fleet"] + arguments).map(shellQuoted))
      .joined(separator: " ")
  }

  /// Blocks until the script has ended. With a password wanted and none given it is not run at all.
  func run(
    over transport: any HostTransport, host: String, ssh: String? = nil, password: String?
  ) throws(HostError) -> Outcome {
    switch try begin(over: transport, host: host, ssh: ssh, password: password) {
    case .begun(let stream, let first): return try finish(stream, host: host, first: first)
    case .ended(let outcome): return outcome
    }
  }

  enum Beginning {
    /// It runs, and has printed so much.
    case begun(any ProgramStream, first: [UInt8])
    case ended(Outcome)
  }

  /// Blocks until the script runs, or is known not to.
  func begin(
    over transport: any HostTransport, host: String, ssh: String? = nil, password: String? = nil
  ) throws(HostError) -> Beginning {
    let marker = "fleet-" + String(UInt64.random(in: 0 ... .max), radix: 36)
    let stream = try transport.start(command(marker: marker))
    var dialogue = SudoDialogue(marker: marker, password: password)
    let deadline = ContinuousClock.Instant.after(seconds: HostLimits.sudoSeconds)
    while true {
      let piece: [UInt8]
      do throws(HostError) { piece = try stream.read(withinSeconds: deadline.secondsLeft) } catch {
        // A start file that waits for something.
        guard case .lost(let text) = error, let said = dialogue.before, !said.isEmpty else { throw error }
        throw .lost("\(text); the login said \"\(visible(said, limit: 400))\", and nothing of fleet's ran")
      }
      switch dialogue.heard(piece) {
      case .wait: continue
      case .say(let bytes): try stream.write(bytes, withinSeconds: HostLimits.answerSeconds)
      case .stop(.notBegun(let said, _)):
        let end = stream.end()
        return .ended(.notBegun(said: said + "\n" + (end?.standardError ?? ""), end?.exit))
      case .stop(let outcome): return .ended(outcome)
      case .tooMuch:
        let said = dialogue.before.map { String($0.leading(scalars: 100)) } ?? ""
        throw .protocolFault(
          "\(host): more than \(HostLimits.outputBytes) bytes came before the script's first word; a start file of "
            + "the login (~/.bashrc, ~/.profile) that prints? They begin \"\(visible(said))\". "
            + "Next: \(ssh ?? "ssh \(host)") true"
        )
      case .ready(let first):
        return .begun(stream, first: first)
      }
    }
  }

  private func finish(
    _ stream: any ProgramStream, host: String, first: [UInt8]
  ) throws(HostError) -> Outcome {
    var refused: HostError?
    do throws(HostError) {
      var rest = input[...]
      while !rest.isEmpty {
        try stream.write(Array(rest.prefix(256 << 10)), withinSeconds: HostLimits.chunkSeconds)
        rest = rest.dropFirst(256 << 10)
      }
      try stream.endInput()
    } catch {
      // A script that ends before it has read everything says why.
      refused = error
    }
    let (output, end): ([UInt8], ProgramEnd?)
    do throws(HostError) {
      (output, end) = try stream.readToEnd(
        maxBytes: HostLimits.outputBytes, withinSeconds: seconds)
    } catch {
      throw refused ?? error
    }
    guard case .status(let status) = end?.exit else {
      throw refused ?? .lost("\(host): the connection broke while a script of the set-up ran")
    }
    return .ended(status: status, output: String(decoding: first + output, as: UTF8.self))
  }
}

/// What to do about what comes before the script runs. Pure.
struct SudoDialogue {
  enum Step: Equatable {
    case wait
    case say([UInt8])
    /// The script runs; so much of its output came with the news.
    case ready([UInt8])
    case stop(SetupScript.Outcome)
    case tooMuch
  }

  let marker: String
  let password: String?
  private var heard: [UInt8] = []
  private var hasGiven = false
  private var hasBegun = false

  init(marker: String, password: String?) {
    self.marker = marker
    self.password = password
  }

  /// - Parameter piece: empty at the end of the output.
  mutating func heard(_ piece: [UInt8]) -> Step {
    heard += piece
    if !hasBegun, let after = position(after: "\(marker) here") {
      hasBegun = true
      heard.removeFirst(after)
    }
    // With a CR where sudo has put a terminal between (use_pty).
    for lineEnd in ["\n", "\r\n"] {
      if let after = position(after: "\(marker) ready\(lineEnd)") { return .ready(Array(heard[after...])) }
    }
    if let after = position(after: "\(marker) password") {
      heard.removeFirst(after)
      if hasGiven { return .stop(.passwordWrong) }
      guard let password else { return .stop(.passwordWanted) }
      hasGiven = true
      return .say(Array(password.utf8) + [10])
    }
    if position(after: "\(marker) nosudo") != nil {
      return .stop(.notAllowed("there is no sudo; install it there, or log in as root"))
    }
    if piece.isEmpty {
      if let before { return .stop(.notBegun(said: before, nil)) }
      let words = String(decoding: heard.suffix(400), as: UTF8.self)
        .textLines.joined(separator: " / ")
      // The second are the words of sudo-rs.
      let isWrong = words.holds("incorrect password") || words.holds("incorrect authentication")
      return .stop(hasGiven && isWrong ? .passwordWrong : .notAllowed(words))
    }
    return heard.count > HostLimits.outputBytes ? .tooMuch : .wait
  }

  /// What the login said as long as nothing of the script has run; nil once it has.
  var before: String? { hasBegun ? nil : String(decoding: heard, as: UTF8.self) }

  private func position(after words: String) -> Int? {
    let wanted = Array(words.utf8)
    guard heard.count >= wanted.count else { return nil }
    for start in 0...(heard.count - wanted.count)
    where heard[start..<start + wanted.count].elementsEqual(wanted) {
      return start + wanted.count
    }
    return nil
  }
}
