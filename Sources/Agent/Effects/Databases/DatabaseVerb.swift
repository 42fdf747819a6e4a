import Glibc
import SystemPackage
import Wire

/// The hidden verb `fleet-agent database`: what is to be done stands in its one argument, what came of it is the last
/// line that it prints. It runs as the app's user, so what it says is believed as far as that user is.
package enum DatabaseVerb {
  package static let name = "database"

  /// - Returns: the exit status: 0 when all was tried, 64 (EX_USAGE) where it was not the agent who called.
  package static func main(_ arguments: [String]) -> Int32 {
    guard let works = works(in: arguments) else {
      warn("fleet-agent \(name) is for fleet-agent itself")
      return 64
    }
    guard let line = answer(to: works) else { return 1 }
    print(line)
    return 0
  }

  package static func words(_ works: [DatabaseWork]) throws(CommandError) -> [String] {
    do { return ["/proc/self/exe", name, String(decoding: try JSON.encode(works), as: UTF8.self)] } catch {
      throw .supervisor("\(error)")
    }
  }

  static func works(in arguments: [String]) -> [DatabaseWork]? {
    guard let text = arguments.first, arguments.count == 1 else { return nil }
    return try? JSON.decode([DatabaseWork].self, from: Array(text.utf8))
  }

  /// In their order, up to the first that fails.
  static func answer(to works: [DatabaseWork]) -> String? {
    var answers: [DatabaseWork.Answer] = []
    for work in works {
      answers.append(work.perform())
      if answers.last?.failure != nil { break }
    }
    return (try? JSON.encode(answers)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// One answer for each of the works, or fewer with a failure at their end; nil where the process said nothing of
  /// that kind.
  package static func answers(in output: String, to works: [DatabaseWork]) -> [DatabaseWork.Answer]? {
    guard let line = output.utf8.split(separator: UInt8(ascii: "\n")).last,
      let answers = try? JSON.decode([DatabaseWork.Answer].self, from: Array(line)),
      answers.count == works.count || (answers.count < works.count && answers.last?.failure != nil)
    else { return nil }
    return answers
  }
}
