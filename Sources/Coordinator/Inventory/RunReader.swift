import ByteText
import Wire

/// Reads commands: `run:` and what may stand beside it, in steps, guards, checks and services.
enum RunReader {
  /// How long a command may take where the profile does not say, in seconds.
  static let stepSeconds = 600
  static let guardSeconds = 60
  static let checkSeconds = 30
  /// Start, stop and status commands.
  static let serviceSeconds = 120

  /// Text for `sh -c`, or a list of arguments.
  static func command(_ node: YAMLNode) throws(Wrong) -> Command {
    switch node.value {
    case .text(let text):
      guard !text.trimmed.isEmpty else { throw Wrong("the command is empty") }
      return .shell(text)
    case .list(let items):
      var words: [String] = []
      for item in items { words.append(try Values.text(item)) }
      guard let program = words.first, !program.isEmpty else { throw Wrong("the command is empty") }
      return .arguments(words)
    case .null, .mapping:
      throw Wrong("must be a command: text for sh, or a list of arguments; not \(node.summary)")
    }
  }

  /// One step: a command, or a mapping with `run`.
  static func step(
    _ key: String, _ node: YAMLNode, in section: Section, seconds: Int, undo: Bool = false
  ) -> Run? {
    guard node.entries != nil else {
      return section.attempt(key, node, command).map { Run(command: $0, timeoutSeconds: seconds) }
    }
    let run: Run?? = Section.read(node, as: "run", section.findings) { section in
      var run = keys(section, seconds: seconds)
      let undoing = section.value("undo", command)
      if undoing != nil, !undo { section.wrong("undo belongs to finish steps only", at: "undo") }
      run?.undo = undoing
      return run
    }
    return run ?? nil
  }

  static func steps(_ key: String, in section: Section, seconds: Int, undo: Bool = false) -> [Run] {
    guard let node = section.node(key) else { return [] }
    guard let items = node.items else {
      section.findings.add(Wrong("\(key) must be a list, not \(node.summary)"), at: node.place)
      return []
    }
    return items.compactMap { step(key, $0, in: section, seconds: seconds, undo: undo) }
  }

  /// The keys of a command in a mapping that has others too.
  static func keys(_ section: Section, seconds: Int) -> Run? {
    let command = section.required("run", command)
    let extras = extras(section, seconds: seconds)
    guard let command else { return nil }
    return Run(
      command: command, directory: extras.directory, timeoutSeconds: extras.seconds,
      user: extras.user)
  }

  struct Extras {
    var directory: String
    var seconds: Int
    var user: String?
  }

  static func extras(_ section: Section, seconds: Int) -> Extras {
    Extras(
      directory: section.value("in", Values.relativePath) ?? ".",
      seconds: section.value("timeout", Values.seconds(from: 1)) ?? seconds,
      user: section.value("user") { (node) throws(Wrong) in
        try HostAddress.user(try Values.line(node))
      })
  }
}
