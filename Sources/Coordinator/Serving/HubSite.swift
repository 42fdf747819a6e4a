import ByteText
import Driver
import Hub
import Password
import Report
import Store
import Text
import Web
import Wire

/// Answers what browsers ask: lets in who may come in, and hands what is pressed to the hub.
actor HubSite {
  private let hub: FleetHub
  private let files: HubStore
  private let guarding: HubGuard
  private let time: TimeSource
  private let name: String
  /// false where a proxy may stand before it, which comes as anybody.
  private let ownerNeedsNoPassword: Bool
  private let pages: HubRollouts
  private var door: HubDoor
  /// Where it listens; told once that is known.
  private var port = 0

  init(
    hub: FleetHub, files: HubStore, guarding: HubGuard, time: TimeSource, name: String, pages: HubRollouts,
    door: HubDoor, ownerNeedsNoPassword: Bool = true
  ) {
    self.ownerNeedsNoPassword = ownerNeedsNoPassword
    self.hub = hub
    self.files = files
    self.guarding = guarding
    self.time = time
    self.name = name
    self.pages = pages
    self.door = door
  }

  func listens(at port: Int) { self.port = port }

  /// Who asks, and what of.
  private struct Asked {
    var request: WebRequest
    var fields: [String: String]
    var visitor: HubDoor.Visitor
    /// The browser does not have the cookie yet.
    var isNew: Bool
    var access: HubDoor.Access?
    /// Comes as the machine's own user, who needs no password.
    var isOwner: Bool
    var acts: Bool { access == .acts }
  }

  func answer(_ request: WebRequest) async -> WebResponse {
    if let refusal = guarding.refusal(of: request) {
      return page(refusal.status, HubPage(frame(nil)).message("Not here", refusal.words))
    }
    let isPost = request.method == .post
    guard let fields = isPost ? request.form : request.query else { return plain(400) }
    guard let route = HubRoute(request.path, fields: fields) else { return missing(nil) }
    switch route {
    case .style where !isPost: return file("text/css", HubFiles.style)
    case .script where !isPost: return file("text/javascript", HubFiles.script)
    default: break
    }
    let asked = ask(request, fields)
    // A link on another site leads here without our cookie (SameSite=Strict): once here, it is sent.
    if asked.isNew, !isPost, request.header("sec-fetch-site") == "cross-site" { return bounce() }
    if isPost {
      guard !asked.isNew, let form = fields["form"], Secret.isSame(form, asked.visitor.form) else {
        return page(403, HubPage(frame(asked)).message("Not done", HubGuard.Refusal.origin.words))
      }
      return await change(route, asked)
    }
    return await show(route, asked)
  }

  // MARK: Who comes

  private func ask(_ request: WebRequest, _ fields: [String: String]) -> Asked {
    let known = door.visitor(request.cookie(cookieName), now: now)
    let visitor = known ?? door.admit()
    let isOwner = visitor.access == nil && comesAsOwner(request)
    return Asked(
      request: request, fields: fields, visitor: visitor, isNew: known == nil,
      access: visitor.access ?? (isOwner ? .acts : nil), isOwner: isOwner)
  }

  /// The user of this machine, who asks for it by no other name than its own loopback address.
  private func comesAsOwner(_ request: WebRequest) -> Bool {
    guard !isForwarded(request) else { return false }
    guard case .address = request.peer else { return true }
    return ownerNeedsNoPassword && guarding.isLoopback(request) && PeerUser.isOwn(request.peer, port: port)
  }

  /// Whoever stands behind a proxy is not the one whose program the proxy is.
  private func isForwarded(_ request: WebRequest) -> Bool {
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"].contains {
      request.headers[$0] != nil
    }
  }

  private var cookieName: String { "fleet-\(port)" }

  private var now: Int64 { time.monotonicMilliseconds() }

  private func who(_ asked: Asked) -> String {
    if asked.isOwner { return "the user of this machine" }
    switch asked.request.peer {
    case .socket: return "the user of this machine"
    case .address(let address, _): return "somebody who logged in, from \(address)"
    }
  }

  private func peer(_ asked: Asked) -> String {
    switch asked.request.peer {
    case .socket: ""
    case .address(let address, _): address
    }
  }

  // MARK: Looking

  private func show(_ route: HubRoute, _ asked: Asked) async -> WebResponse {
    let pages = HubPage(frame(asked))
    switch route {
    case .login where door.password != nil: return page(200, pages.login(trouble: nil), asked)
    case .setUp where door.password == nil: return page(200, pages.setUp(trouble: nil), asked)
    default: break
    }
    guard asked.access != nil else {
      return redirect(to: door.password == nil ? .setUp : .login, asked)
    }
    switch route {
    case .page:
      // The mark first: what has changed in between is sent once more.
      let mark = await hub.mark(acts: asked.acts)
      let fragments = await hub.fragments(acts: asked.acts)
      return page(200, pages.rooms(fragments, mark: mark), asked)
    case .events:
      let after = asked.request.header("last-event-id") ?? asked.fields["after"] ?? ""
      return WebResponse(
        streaming: hub.events(after: after, acts: asked.acts),
        headers: Self.safety + [
          ("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"),
        ])
    case .act(let action):
      guard asked.acts else { return forbidden(asked) }
      return page(200, await actPage(action, asked, trouble: nil), asked)
    case .rollouts: return page(200, pages.rollouts(self.pages.list()), asked)
    case .rollout(let id):
      guard let html = self.pages.page(of: id) else { return missing(asked) }
      return page(200, html, asked, isReport: true)
    default: return redirect(to: .page, asked)
    }
  }

  private func actPage(_ action: HubAction, _ asked: Asked, trouble: String?) async -> String {
    let objection = await hub.state.objection(to: action)
    var look: (typed: String, output: String)?
    if objection == nil, let words = action.lookFirst { look = await hub.read(words) }
    return HubPage(frame(asked)).act(
      action, typed: await hub.typedText(action.words), look: look, objection: objection,
      asksPassword: action.wantsPassword && !asked.isOwner, trouble: trouble)
  }

  // MARK: Changing

  private func change(_ route: HubRoute, _ asked: Asked) async -> WebResponse {
    let now = now
    let pages = HubPage(frame(asked))
    switch route {
    case .setUp:
      let password = asked.fields["password"] ?? ""
      let trouble = door.setUp(
        code: asked.fields["code"] ?? "", password: password, from: peer(asked), now: now)
      if let trouble { return page(403, pages.setUp(trouble: trouble.words), asked) }
      do { if let hash = door.password { try files.keep(hash) } } catch {
        return page(500, pages.message("Not kept", "\(error)"), asked)
      }
      return logIn(asked, password, now)
    case .login: return logIn(asked, asked.fields["password"] ?? "", now)
    case .logout:
      door.leave(asked.visitor.cookie)
      return redirect(to: .page, nil)
    case .look:
      guard asked.acts else { return forbidden(asked) }
      await hub.lookSoon()
      return redirect(to: .page, asked)
    case .act(let action):
      guard asked.acts else { return forbidden(asked) }
      if action.wantsPassword, !asked.isOwner {
        let trouble = door.check(asked.fields["password"] ?? "", from: asked.visitor.cookie, now: now)
        if let trouble { return page(403, await actPage(action, asked, trouble: trouble.words), asked) }
      }
      if let objection = await hub.press(action, by: who(asked)) {
        return page(409, pages.message("Not done", objection), asked)
      }
      return redirect(to: .page, asked)
    default: return page(405, pages.message("Not here", HubGuard.Refusal.method.words), asked)
    }
  }

  private func logIn(_ asked: Asked, _ word: String, _ now: Int64) -> WebResponse {
    do throws(HubDoor.LoginTrouble) {
      var known = asked
      known.visitor = try door.logIn(asked.visitor.cookie, word: word, from: peer(asked), now: now)
      known.isNew = true
      return redirect(to: .page, known)
    } catch {
      return page(403, HubPage(frame(asked)).login(trouble: error.words), asked)
    }
  }

  // MARK: Answers

  /// RFC 9110; Content Security Policy Level 3: nothing is fetched from elsewhere, nothing frames us, and nothing that
  /// a host or a release says can be a script.
  private static let safety: [(name: String, value: String)] = [
    (
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
  ]

  /// The page of a report is one file, with its own style in it.
  private static let reportSafety: [(name: String, value: String)] = [
    (
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin"),
  ]

  private func frame(_ asked: Asked?) -> HubPage.Frame {
    HubPage.Frame(
      name: name, form: asked?.visitor.form ?? "", isLoggedIn: asked?.visitor.access != nil)
  }

  private func page(
    _ status: Int, _ html: String, _ asked: Asked? = nil, isReport: Bool = false
  ) -> WebResponse {
    WebResponse(
      status,
      headers: (isReport ? Self.reportSafety : Self.safety) + cookie(asked) + [
        ("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"),
      ], body: Array(html.utf8))
  }

  private func cookie(_ asked: Asked?) -> [(name: String, value: String)] {
    guard let asked, asked.isNew else { return [] }
    let isSecret = asked.request.header("origin")?.begins(with: "https://") == true
    return [
      (
        "Set-Cookie",
        "\(cookieName)=\(asked.visitor.cookie); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(HubLimits.loginSeconds)"
          + (isSecret ? "; Secure" : "")
      )
    ]
  }

  private func redirect(to route: HubRoute, _ asked: Asked?) -> WebResponse {
    WebResponse(
      303, headers: Self.safety + cookie(asked) + [("Location", route.text), ("Cache-Control", "no-store")])
  }

  private func bounce() -> WebResponse {
    let html = """
      <!doctype html>
      <html lang="en"><meta charset="utf-8"><title>fleet</title><meta http-equiv="refresh" content="0">
      <p><a href="/">To the rooms</a></p></html>

      """
    return page(200, html)
  }

  private func missing(_ asked: Asked?) -> WebResponse {
    page(404, HubPage(frame(asked)).message("Not here", "There is no such page."), asked)
  }

  private func forbidden(_ asked: Asked) -> WebResponse {
    page(403, HubPage(frame(asked)).message("Not for you", "With this code one may only look."), asked)
  }

  private func plain(_ status: Int) -> WebResponse { WebResponse(status, headers: Self.safety) }

  private func file(_ type: String, _ text: String) -> WebResponse {
    WebResponse(
      200,
      headers: Self.safety + [("Content-Type", "\(type); charset=utf-8"), ("Cache-Control", "no-cache")],
      body: Array(text.utf8))
  }
}
