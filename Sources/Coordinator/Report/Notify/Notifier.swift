import Catalogue
package import Inventory
import ByteText
import Download
import Wire
import Threads

/// Tells somebody. What went wrong is a sentence, never more: who cannot be told changes nothing of what
/// happened.
package protocol Notifier: Sendable {
  /// nil when it was told.
  func tell(_ notice: Notice, to target: Notification) async -> String?
}

/// Over HTTP and by commands of this machine.
package struct LiveNotifier: Notifier {
  let environment: [String: String]

  package init(environment: [String: String]) {
    self.environment = environment
  }

  package func tell(_ notice: Notice, to target: Notification) async -> String? {
    do throws(DeliveryFailure) {
      try await onOwnThread { [environment] (cancel) throws(DeliveryFailure) in
        switch target {
        case .webhook(let url): try Self.post(try Self.json(notice), Self.jsonHeaders, to: url, cancel)
        case .ntfy(let url): try Self.post(Self.body(notice), Self.headers(notice), to: url, cancel)
        case .run(let command):
          try NoticeCommand(command: command, notice: notice, environment: environment).run(cancel)
        }
      }
      return nil
    } catch {
      return visible("\(target): \(error.why)", limit: NotifyLimits.problemCharacters)
    }
  }

  static func json(_ notice: Notice) throws(DeliveryFailure) -> [UInt8] {
    do { return try notice.encoded() } catch { throw DeliveryFailure("\(error)") }
  }

  // MARK: HTTP

  private static let jsonHeaders: HTTPHeaders = ["Content-Type": "application/json"]

  private static func post(
    _ body: [UInt8], _ headers: HTTPHeaders, to url: String, _ cancel: CancelFlag
  ) throws(DeliveryFailure) {
    let limits = DownloadLimits(
      maxBytes: NotifyLimits.answerBytes, totalTimeoutSeconds: NotifyLimits.seconds)
    let response: HTTPResponse
    do throws(DownloadError) {
      response = try HTTPClient().post(
        body, to: HTTPRequest(url, headers: headers), limits: limits, isCancelled: { cancel.isSet })
    } catch .tooLarge {
      // It has answered at length, so it has heard.
      return
    } catch {
      throw DeliveryFailure(error)
    }
    guard (200..<300).contains(response.status) else {
      throw DeliveryFailure("the server answered \(response.status)")
    }
  }

  /// As ntfy's "Publishing" page (docs.ntfy.sh/publish) has it: title, priority and tags are headers.
  static func headers(_ notice: Notice) -> HTTPHeaders {
    let (priority, tag) =
      switch notice.event {
      case .halt where notice.isUrgent: ("urgent", "rotating_light")
      case .halt: ("high", "warning")
      case .finish where notice.report?.exitCode == RunExit.failed.rawValue: ("high", "warning")
      case .finish: ("default", notice.report?.exitCode == 0 ? "white_check_mark" : "hourglass")
      case .release: ("default", "package")
      }
    return [
      "Title": visible(notice.title, limit: NotifyLimits.titleCharacters).exchanging("\t", for: " "),
      "Priority": priority, "Tags": tag, "Content-Type": "text/plain; charset=utf-8",
    ]
  }

  /// Whole lines, as many as fit.
  static func body(_ notice: Notice) -> [UInt8] {
    var kept: [UInt8] = []
    for line in notice.text.pieces(by: "\n", keepingEmpty: true) {
      let next = (kept.isEmpty ? [] : Array("\n".utf8)) + Array(line.utf8)
      guard kept.count + next.count <= NotifyLimits.ntfyTextBytes else { break }
      kept += next
    }
    return kept
  }
}

/// Why somebody could not be told, without what may be a secret: addresses of webhooks are.
struct DeliveryFailure: Error {
  var why: String

  init(_ why: String) { self.why = why }

  init(_ error: DownloadError) {
    why =
      switch error {
      case .dns: "no address found for its name"
      case .connect(_, let words): "no connection: \(words)"
      case .tls(_, let words): "the connection is not safe: \(words)"
      case .timeout: "no answer within \(Int(NotifyLimits.seconds)) s"
      case .cut(_, _, let words): "cut off: \(words)"
      case .badRequest(_, let why): why
      case .cancelled: "cancelled"
      case .httpStatus(_, let code, _): "the server answered \(code)"
      case .tooLarge, .writeFailed, .insecureRedirect, .tooManyRedirects: "the answer makes no sense"
      case .transfer(_, let code, let words): "\(words) (libcurl \(code))"
      }
  }
}

extension Notification: CustomStringConvertible {
  /// Of an address only as much as is no secret.
  package var description: String {
    switch self {
    case .ntfy(let url): "ntfy \(Self.origin(url))"
    case .webhook(let url): "webhook \(Self.origin(url))"
    case .run(let command): "run \(command.text)"
    }
  }

  private static func origin(_ url: String) -> String {
    let parts = url.pieces(by: "/", maxSplits: 3, keepingEmpty: true)
    return parts.count > 2 ? "\(parts[0])//\(parts[2])" : url
  }
}
