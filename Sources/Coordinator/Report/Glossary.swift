/// What fleet's words mean, for whoever meets them in its output: `fleet words` prints them, docs/glossary.md is the
/// same table.
package enum Glossary {
  package struct Entry: Encodable, Equatable, Sendable {
    package var word: String
    package var meaning: String
  }

  /// In alphabetical order.
  package static let entries: [Entry] = [
    (
      "account",
      "The step that compares what lies in the install with the release: what is neither its, nor "
        + "carried, nor ignored."
    ),
    (
      "advisory",
      "What a profile knows to be bad: a version, or a jump from some versions to others. It is told, or "
        + "keeps the host where it is."
    ),
    ("agent", "fleet's program on a host. It does the upgrade there, and undoes it without anybody's help."),
    ("app", "What is upgraded on a host: a directory, the services that run it, and its data."),
    ("backup", "The app as it was before an upgrade, whole, with its databases of that moment."),
    ("batch", "Hosts that are cut over together. The next batch begins when this one is proved."),
    (
      "boot units",
      "Two services of fleet on a host: at a boot one puts right what a power cut cut short, before "
        + "the app starts; the other does the rest."
    ),
    ("bootstrap", "Makes a host ready for fleet, once: its key, your key, the agent, the right to start it."),
    ("canary", "The host that is cut over first, alone. Where it fails, the others are never touched."),
    (
      "carry",
      "What is yours goes from the old version's directory into the new one's. Most of it goes early "
        + "(carry early), while the old version runs; databases last, when nobody writes to them."
    ),
    (
      "check",
      "The first step: whether the host can take the release at all (room, tools, packages, an app "
        + "that is well)."
    ),
    ("claim", "One fleet has a host for itself, so that two never work on it at once."),
    (
      "commit",
      "The moment from which the new version stays. Whatever happens before it ends with the old "
        + "version."
    ),
    (
      "complete",
      "The profile's steps after the rehearsal, with the migrated copy of the databases; then the "
        + "host is staged."
    ),
    (
      "confirm",
      "The step in which the new version, proved, waits until fleet has reached the host over a new "
        + "connection; only where asked for."
    ),
    ("coordinator", "The computer on which you type fleet."),
    ("current", "The host has the newest release of its track already."),
    ("cutover", "The short time in which the app is down: stop, carry, migrate, swap, restart, prove."),
    (
      "deferred",
      "Not done now, though nothing is wrong: a window is closed, or a guard said no. Later it goes."
    ),
    ("delta", "What a host lacks of a release, sent instead of all of it."),
    ("extract", "The step that unpacks the verified release beside the install."),
    (
      "failed",
      "The old version is in its place again and did not come up, or turned unwell later: look there."
    ),
    (
      "forecast",
      "How long the app will likely be down, from the rehearsal and earlier upgrades of that host."
    ),
    (
      "guard",
      "A command of yours that is asked before the stop, and may say not now. Also the step in which "
        + "it is asked."
    ),
    ("halt", "Nothing new begins, since a host did badly. What is in its cutover is finished."),
    (
      "held",
      "A release that a host left by a rollback, and is not offered again. (hold is another thing: a "
        + "host.)"
    ),
    (
      "hold",
      "hold: true in fleet.yaml leaves a host alone until it is taken away. (held is another thing: a "
        + "release.)"
    ),
    ("interrupted", "Its machine went down in the middle. The old version runs, nothing is marked."),
    (
      "major",
      "The first number of a version. A track of majors (v4) never leads to the next one; --to or "
        + "--track does."
    ),
    ("mark", "What a failed upgrade leaves on a host: nothing is upgraded there until fleet clear."),
    ("migrate", "The release's own steps that bring the databases to their new form."),
    ("outside", "What the app keeps outside of its directory: saved after the stop, put back by an undo."),
    (
      "parity",
      "What the app says of itself before the stop, such as its inputs, and has to say again before the new version is "
        + "proved."
    ),
    ("prepare", "The profile's steps that make the new tree ready, while the old version runs on."),
    (
      "profile",
      "What fleet has to know of an app: where it lies, what to carry, what to run, how it is well."
    ),
    ("prove", "See that the new version runs and is well, without a break for as long as the profile says."),
    ("receive", "The step that brings the release's bytes to the host and checks them there."),
    ("refused", "Nothing was stopped: something that was looked at before speaks against it."),
    ("rehearse", "Try the migration on a copy of the live databases, while the old version runs on."),
    ("restart", "The step that starts the app's services again, as the new version."),
    ("restored", "A rollback by hand, or after a halt, came to its end: the backup runs, proved."),
    ("resume", "Go on with a rollout that is not finished; nothing that was done is done again."),
    (
      "rollback",
      "A job of its own, by which you go back to a backup. (An undo is the end of an upgrade that "
        + "failed.)"
    ),
    ("rolled back", "The new version did not prove, and the old one runs again, proved."),
    ("rollout", "One run of fleet upgrade over its hosts. It has a name, a log and a report."),
    ("settle", "After the commit: the old version becomes a backup, what is too old goes."),
    ("soak", "A pause in which what was upgraded is watched before the next batch begins."),
    (
      "stage",
      "Everything that can be done and tried while the old version runs on. Staged is who waits for "
        + "its cutover."
    ),
    (
      "stop",
      "The step that stops the app's services: from here on it is down, and an undo is possible until "
        + "the commit."
    ),
    ("swap", "The directories of the old and the new version change places, in one instant."),
    (
      "track",
      "The line of releases that a host follows: v4 is every 4.x, v4.1 every 4.1.x. None: it has no "
        + "version yet."
    ),
    (
      "tree",
      "A directory with all that is in it: the new version's beside the install, until the two change "
        + "places."
    ),
    (
      "undo",
      "An upgrade that fails puts everything back as it was. What has to be looked at is then marked."
    ),
    ("unknown", "The host was not heard of again after it was told to cut over. It ends that by itself."),
    ("unreachable", "The host did not answer. Nothing was done there."),
    (
      "untouched",
      "Its app was not touched: the rollout ended before its turn, what is staged waits there, or a "
        + "release is held back."
    ),
    ("unwell", "A service is down, or a check of the profile does not pass."),
    ("verified", "What was proved of the release: its commit and its tree are those that its source names."),
    ("window", "The hours in which a host may be cut over."),
    (
      "wire",
      "The language between fleet and its agents. Both must speak the same one; fleet renews older "
        + "agents."
    ),
  ].map { Entry(word: $0.0, meaning: $0.1) }

  /// Of a word as it is met, too: "marked", "rehearsal".
  package static func meaning(of word: String) -> Entry? {
    let wanted = word.lowercased()
    return entries.first { $0.word == wanted }
      ?? entries.first { wanted.hasPrefix($0.word.hasSuffix("e") ? String($0.word.dropLast()) : $0.word) }
  }
}
