import ByteText
import Download
import FoundationEssentials

/// Turns an answer of a forge's API that is not what was asked for into words (docs.github.com/en/rest:
/// "Rate limits for the REST API", "Troubleshooting").
struct RepositoryRefusal {
  let api: RepositoryAPI
  let host: String
  let tokenVariable: String?
  let hasToken: Bool

  /// - Parameters:
  ///   - what: what was asked for, as in "no such …".
  ///   - now: seconds since 1970.
  func failure(
    status: Int, headers: HTTPHeaders, body: [UInt8], asking what: String, now: Int64
  ) -> SourceFailure {
    let words = Self.words(body)
    switch status {
    case 403, 429:
      if let limited = rateLimit(status, headers, now: now) {
        return SourceFailure(error: .rateLimited(limited), isAway: true)
      }
      return SourceFailure(error: .source("\(host) refuses to give \(what)\(words). \(access)"))
    case 401:
      let text =
        if hasToken, let tokenVariable {
          "\(host) does not accept the token of \(tokenVariable)\(words): it may have expired. Make "
            + "a new one, or unset the variable if the repository is public."
        } else {
          "\(host) wants to know who asks\(words). \(access)"
        }
      return SourceFailure(error: .source(text))
    case 404, 410, 451:
      return SourceFailure(
        error: .notFound("\(host) knows no \(what) in \(api.repository)\(words). \(access)"))
    case 500...599:
      return SourceFailure(
        error: .source("\(host) has trouble (\(status))\(words). Try again later."),
        isAway: true)
    default:
      return SourceFailure(
        error: .source("\(host) answered \(status) when asked for \(what)\(words)"))
    }
  }

  private var access: String {
    switch (hasToken, tokenVariable) {
    case (true, _): "Is the name right, and may the token read it?"
    case (false, let variable?):
      "Is the name right? If it is a private repository: \(variable) (token_env) is not set."
    case (false, nil):
      "Is the name right? A private repository needs a token: \(tokenLine)"
    }
  }

  /// Nil where the answer is a plain refusal.
  private func rateLimit(_ status: Int, _ headers: HTTPHeaders, now: Int64) -> String? {
    let isUsedUp = headers["X-RateLimit-Remaining"] == "0"
    let pause = headers["Retry-After"].flatMap { Int64($0) }
    guard isUsedUp || pause != nil || status == 429 else { return nil }
    let reset = headers["X-RateLimit-Reset"].flatMap { Int64($0) }
    var text = "\(host) takes no more questions from here"
    // A moment that makes no sense is not shown.
    let sensible = now - 86_400...now + 7 * 86_400
    if let until = pause.map({ now.addingReportingOverflow($0).partialValue }) ?? (isUsedUp ? reset : nil),
      sensible.contains(until)
    {
      text += " until \(LocalTime.text(until, now: now)) (\(Self.wait(until - now)))"
    } else {
      text += " for a while"
    }
    return text + ".\n" + advice
  }

  private var advice: String {
    if hasToken { return "The token's own limit is used up; nothing helps but to wait." }
    guard api.kind == .gitHub else { return "Wait until then; a token (\(tokenLine)) may be allowed more." }
    let how =
      "put one (https://github.com/settings/tokens; a public repository needs no permission) into an environment "
      + "variable"
    let allowed = "Without a token GitHub allows 60 an hour to everybody behind one address, with one 5000"
    guard let tokenVariable else {
      return "\(allowed): \(how), and name that in the profile: \(tokenLine)"
    }
    return "\(allowed): \(how). The profile names \(tokenVariable), which is not set."
  }

  /// What the profile needs for a token.
  private var tokenLine: String {
    switch api.kind {
    case .gitHub: "source: { github: \(api.repository), token_env: GITHUB_TOKEN }"
    case .gitea: "source: { gitea: \"\(api.site)/\(api.repository)\", token_env: GITEA_TOKEN }"
    }
  }

  private static func wait(_ seconds: Int64) -> String {
    switch seconds {
    case ..<1: "now"
    case ..<90: "in \(seconds) s"
    default: "in \((seconds + 59) / 60) min"
    }
  }

  /// The server's own words, where there are some.
  private static func words(_ body: [UInt8]) -> String {
    struct Message: Decodable { let message: String }
    guard let said = try? JSONDecoder().decode(Message.self, from: Data(body)) else { return "" }
    return " (\u{201C}\(said.message.leading(scalars: 200))\u{201D})"
  }
}
