import ByteText
import Report
import Text

/// Whole pages: they need nothing that is not here, and no script.
package struct HubPage {
  /// What every page of somebody has.
  package struct Frame: Sendable {
    package var name: String
    /// What its forms have in them.
    package var form: String
    /// May log out.
    package var isLoggedIn: Bool

    package init(name: String, form: String, isLoggedIn: Bool) {
      self.name = name
      self.form = form
      self.isLoggedIn = isLoggedIn
    }
  }

  let frame: Frame

  package init(_ frame: Frame) { self.frame = frame }

  // MARK: The rooms

  /// - Parameter mark: which state it is at least, for what is heard of it later.
  package func rooms(_ fragments: HubFragments, mark: String) -> String {
    let parts = fragments.all.map(\.html)
    // Where there is no script.
    let seconds = fragments.state.isBusy ? 5 : 60
    let refresh: Markup = "<noscript><meta http-equiv=\"refresh\" content=\"\(seconds)\"></noscript>\n"
    let look: Markup? =
      fragments.acts
      ? "<form method=\"post\" action=\"\(HubRoute.look.text)\">\(token)<button>Ask the rooms now</button></form>\n"
      : nil
    return document(
      frame.name, head: "\(refresh)<script src=\"/script.js\" defer></script>\n",
      """
      <div id="rooms" data-mark="\(mark)" data-now="\(String(fragments.now))">
      \(parts)</div>
      <p id="lost" class="note" role="status" hidden>This page hears nothing any more; it tries again.</p>
      \(look)<p><a href="\(HubRoute.rollouts.text)">All rollouts</a></p>

      """)
  }

  // MARK: Before it is pressed

  /// - Parameters:
  ///   - look: what the command that is to be read first printed, with its words; nil: there is none.
  ///   - objection: why it cannot be pressed now.
  ///   - asksPassword: whether the password is asked for once more.
  package func act(
    _ action: HubAction, typed: String, look: (typed: String, output: String)?, objection: String?,
    asksPassword: Bool, trouble: String? = nil
  ) -> String {
    let title = action.hosts.isEmpty ? action.title : "\(action.title): \(Wording.list(action.hosts))"
    let read: Markup? = look.map { look in
      let lines: [Markup] = look.output.textLines.map { "\(String($0))\n" }
      return """
        <section class="card"><h2><code>\(look.typed)</code></h2>
        <pre tabindex="0">\(lines)</pre></section>

        """
    }
    let password: Markup? =
      asksPassword
      ? """
      <p><label>Your password once more <input type="password" name="password" required \
      autocomplete="current-password"></label></p>

      """ : nil
    let form: Markup =
      if let objection {
        "<p class=\"note\">\(objection)</p>\n"
      } else {
        """
        <form method="post" action="/act">\(token)<input type="hidden" name="verb" value="\(action.verb)">\
        <input type="hidden" name="hosts" value="\(action.hosts.joined(separator: " "))">
        \(password)<p><button class="go">\(title)</button> <span class="quiet">as <code>\(typed)</code></span></p>
        </form>

        """
      }
    return document(
      title,
      """
      <h1>\(title)</h1>
      \(note(trouble))\(read)\(form)<p><a href="/">Back to the rooms</a></p>

      """)
  }

  // MARK: Whoever comes

  package func login(trouble: String?) -> String {
    document(
      "Log in",
      """
      <h1>Log in</h1>
      \(note(trouble))<form method="post" action="\(HubRoute.login.text)">\(token)
      <p><label>Password, or the code for looking only <input type="password" name="password" required autofocus \
      autocomplete="current-password"></label></p>
      <p><button class="go">Log in</button></p></form>

      """)
  }

  package func setUp(trouble: String?) -> String {
    document(
      "Set a password",
      """
      <h1>Set a password</h1>
      <p>The code stands where fleet serve was started: in its terminal, or in its log.</p>
      \(note(trouble))<form method="post" action="\(HubRoute.setUp.text)">\(token)
      <p><label>Code <input name="code" required autofocus autocomplete="off" autocapitalize="none" \
      spellcheck="false"></label></p>
      <p><label>New password <input type="password" name="password" required minlength="\(HubLimits.leastPassword)" \
      autocomplete="new-password"></label></p>
      <p><button class="go">Set it</button></p></form>

      """)
  }

  package func message(_ title: String, _ text: String) -> String {
    document(title, "<h1>\(title)</h1>\n<p>\(text)</p>\n<p><a href=\"/\">Back to the rooms</a></p>\n")
  }

  /// - Parameter rollouts: the newest first.
  package func rollouts(_ rollouts: [(id: String, words: String)]) -> String {
    let items: [Markup] = rollouts.map { rollout in
      let place = HubRoute.rollout(rollout.id).text
      return "<li><a href=\"\(place)\">\(rollout.id)</a> <span class=\"quiet\">\(rollout.words)</span></li>\n"
    }
    let none: Markup? = rollouts.isEmpty ? "<p>There was no rollout yet.</p>\n" : nil
    return document(
      "Rollouts",
      """
      <h1>Rollouts</h1>
      <ul>
      \(items)</ul>
      \(none)<p><a href="/">Back to the rooms</a></p>

      """)
  }

  // MARK: Pieces

  private var token: Markup { "<input type=\"hidden\" name=\"form\" value=\"\(frame.form)\">" }

  private func note(_ text: String?) -> Markup? {
    text.map { "<p class=\"note\" role=\"alert\">\($0)</p>\n" }
  }

  private func document(_ title: String, head: Markup? = nil, _ body: Markup) -> String {
    let leave: Markup? =
      frame.isLoggedIn
      ? "<form method=\"post\" action=\"\(HubRoute.logout.text)\">\(token)<button>Log out</button></form>\n"
      : nil
    let page: Markup = """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title)</title>
      <link rel="stylesheet" href="/style.css">
      <link rel="icon" href="data:,">
      \(head)<main>
      \(body)\(leave)</main>
      </html>

      """
    return page.description
  }
}

/// How the pages look and what their script does: files of their own, so that nothing else is let in by the pages'
/// Content-Security-Policy.
package enum HubFiles {
  package static var style: String { PageStyle.sheet.description + "\n" + more.description }

  private static let more: Markup = """
    .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
      padding: .8rem 1rem; margin: 0 0 .75rem; }
    .card.good { border-left: .4rem solid var(--good); }
    .card.warn { border-left: .4rem solid var(--warn); }
    .card.bad { border-left: .4rem solid var(--bad); }
    .good .outcome, .outcome.good { color: var(--good); }
    .warn .outcome { color: var(--warn); }
    .bad .outcome, .outcome.bad { color: var(--bad); }
    .clock { font-weight: 600; font-variant-numeric: tabular-nums; color: var(--bad); }
    .buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin: .5rem 0 0; align-items: baseline; }
    button, a.button { font: inherit; display: inline-block; min-height: 2.75rem; padding: .6rem 1rem;
      border: 1px solid var(--quiet); border-radius: .4rem; background: var(--code); color: var(--ink);
      text-decoration: none; cursor: pointer; }
    button.go { font-weight: 600; border-color: var(--good); }
    button[disabled] { cursor: not-allowed; color: var(--quiet); border-style: dashed; }
    a, button, input, summary, pre { outline-offset: 2px; }
    a { color: inherit; }
    label { display: block; }
    input { font: inherit; padding: .5rem; width: 100%; max-width: 24rem; display: block; margin: .25rem 0;
      border: 1px solid var(--quiet); border-radius: .3rem; background: var(--page); color: var(--ink); }
    input[type="hidden"] { display: none; }
    pre { max-height: 28rem; overflow: auto; }
    """

  /// Puts in what is sent, and lets the clocks go on.
  package static let script = """
    "use strict";
    const rooms = document.getElementById("rooms");
    const lost = document.getElementById("lost");
    if (rooms) {
      // The clock there, by the clock here.
      const ahead = Date.now() - Number(rooms.dataset.now);
      const events = new EventSource("/events?after=" + encodeURIComponent(rooms.dataset.mark));
      events.onopen = () => { lost.hidden = true; };
      // Closed for good: there is somebody else now, or who looks has to log in anew.
      events.onerror = () => {
        lost.hidden = false;
        if (events.readyState === EventSource.CLOSED) { setTimeout(() => location.reload(), 5000); }
      };
      events.addEventListener("part", (event) => {
        const part = JSON.parse(event.data);
        const old = document.getElementById(part.id);
        const open = old ? old.querySelector("details")?.open : undefined;
        if (!old) { rooms.insertAdjacentHTML("beforeend", part.html); } else { old.outerHTML = part.html; }
        const details = document.getElementById(part.id)?.querySelector("details");
        if (details && open !== undefined) { details.open = open; }
        const pre = document.getElementById(part.id)?.querySelector("pre");
        if (pre) { pre.scrollTop = pre.scrollHeight; }
      });
      events.addEventListener("anew", () => { location.reload(); });
      setInterval(() => {
        for (const clock of document.querySelectorAll("[data-since]")) {
          const seconds = Math.max(0, (Date.now() - ahead - Number(clock.dataset.since)) / 1000);
          clock.textContent = seconds.toFixed(seconds < 100 ? 1 : 0) + " s";
        }
      }, 200);
    }

    """
}
