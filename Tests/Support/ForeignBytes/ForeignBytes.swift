/// Everything that reads what somebody else wrote, and what must hold of whatever comes of it. Who makes the bytes up
/// is no matter here: libFuzzer (`Tests/Campaigns/Tools/fuzz`), or a test that reads those of the corpus.
package enum ForeignBytes: String, CaseIterable, Sendable {
  /// What comes from an agent or a coordinator, before it is a message.
  case frames
  /// A request or a reply.
  case messages
  /// A release's archive.
  case archive
  /// known_hosts.
  case knownHosts = "known-hosts"
  /// What `ssh -G`, a host's shell and sudo, and a key file say.
  case hostWords = "host-words"
  /// fleet.yaml, and behind a line of ``inventorySplit`` the profiles.
  case inventory
  /// The answer of a server that has releases: its header lines, an empty line, the body.
  case answers
  /// Versions, tags, tracks, globs.
  case names
  /// A changelog, and what is shown of it.
  case changelog
  /// events.jsonl of a rollout.
  case rolloutLog = "rollout-log"
  /// The agent's journal and its jobs' files.
  case jobFiles = "job-files"
  /// What /proc and systemctl say.
  case machine

  /// Reads them as the product does.
  ///
  /// - Throws: ``Broken`` where something came of it that must never be. That they are no good is none such.
  package func read(_ bytes: [UInt8]) throws(Broken) {
    switch self {
    case .frames: try readFrames(bytes)
    case .messages: try readMessages(bytes)
    case .archive: try readArchive(bytes)
    case .knownHosts: try readKnownHosts(bytes)
    case .hostWords: try readHostWords(bytes)
    case .inventory: try readInventory(bytes)
    case .answers: try readAnswer(bytes)
    case .names: try readNames(bytes)
    case .changelog: try readChangelog(bytes)
    case .rolloutLog: try readRolloutLog(bytes)
    case .jobFiles: try readJobFiles(bytes)
    case .machine: try readMachine(bytes)
    }
  }
}

/// What must always hold, and did not.
package struct Broken: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

func require(_ holds: Bool, _ what: @autoclosure () -> String) throws(Broken) {
  guard holds else { throw Broken(what()) }
}

/// What the code must not throw for anything that it was given.
func mustWork<Value>(_ what: String, _ body: () throws -> Value) throws(Broken) -> Value {
  do { return try body() } catch { throw Broken("\(what): \(error)") }
}

extension String {
  init(utf8 bytes: some Collection<UInt8>) { self.init(decoding: bytes, as: UTF8.self) }
}
