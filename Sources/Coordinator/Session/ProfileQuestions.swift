import Inventory

/// What `fleet profile new` asks, one after the other, and what it says where nobody is there to answer. Pure.
enum ProfileQuestions {
  struct Question: Equatable {
    let part: ProfileTemplate.Part
    let text: String
    /// What an empty answer means; nil: nothing.
    var standard: String?

    /// As a person is asked.
    var line: String { "\(text) \(standard.map { "[\($0)] " } ?? "")" }
  }

  /// All of them, in their order.
  static func all(_ template: ProfileTemplate) -> [Question] {
    let none = ProfileTemplate.none
    return [
      Question(
        part: .install, text: "Where is it installed on the hosts?", standard: "/opt/\(template.app)"),
      Question(
        part: .source,
        text:
          "Where do its releases come from? OWNER/NAME at GitHub (and FILE, where that lies beside each release), "
          + "pypi:PROJECT, the address of another repository or of a releases.json, or a directory of archives:"
      ),
      Question(part: .versionFile, text: "Which of its files says which version it is?"),
      Question(
        part: .versionLine,
        text:
          "The line there that says it, as it is now (VERSION = '4.0.26'); none where it is the version alone:",
        standard: none),
      Question(
        part: .services, text: "Which systemd units run it, in the order in which they start?",
        standard: "\(template.app).service"),
      Question(
        part: .database, text: "Which SQLite databases does it have, as in databases/*.db?", standard: none),
      Question(
        part: .migrate, text: "Which command brings them to a new version?", standard: none),
      Question(
        part: .health, text: "Which URL on the host answers while it is well, as in http://127.0.0.1:8080/?",
        standard: none),
    ]
  }

  /// What is missing, where nobody can be asked.
  static func missing(_ parts: [ProfileTemplate.Part], app: String?) -> String {
    let all = all(ProfileTemplate(app: app ?? "APP"))
    let lines = all.filter { parts.contains($0.part) }.map { "  --\($0.part.rawValue)    \($0.text)" }
    let example =
      "fleet profile new \(app ?? "growroom") --source growers/growroom --version-file growroom/config.py "
      + "--version-line \"VERSION = '4.0.26'\""
    let head = app == nil ? "which app? And there" : "there"
    return "\(head) is no terminal to ask for what has no default. As in:\n  \(example)"
      + (lines.isEmpty ? "" : "\n" + lines.joined(separator: "\n"))
  }
}
