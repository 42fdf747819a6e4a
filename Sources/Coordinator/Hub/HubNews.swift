import ByteText
import Driver
import FoundationEssentials
package import Report

/// Which parts have changed, and since when: so a page that was away is sent only what it lacks. Each state has a mark,
/// which grows; those of another run of the hub are of no use.
package struct HubNews: Sendable {
  private struct Part: Sendable {
    var html: String
    var changed: Int
  }

  private let run: String
  private var count = 0
  private var order: [String] = []
  private var parts: [String: Part] = [:]
  /// When there were other parts last.
  private var renewed = 0

  /// - Parameter run: tells the runs of the hub apart.
  package init(run: String) { self.run = run }

  /// Of the newest state.
  package var mark: String { "\(run).\(count)" }

  /// - Returns: whether anything has changed.
  package mutating func take(_ fragments: [(id: String, html: Markup)]) -> Bool {
    let changed = fragments.filter { parts[$0.id]?.html != $0.html.description }
    guard !changed.isEmpty || order != fragments.map(\.id) else { return false }
    count += 1
    if !order.isEmpty, order != fragments.map(\.id) {
      // Rooms have come or gone: pages that are open are loaded anew.
      parts = [:]
      renewed = count
    }
    order = fragments.map(\.id)
    for (id, html) in (renewed == count ? fragments : changed) {
      parts[id] = Part(html: html.description, changed: count)
    }
    return true
  }

  /// What a page lacks that has seen the state of that mark, as events (WHATWG HTML, 9.2); nil: nothing.
  package func events(after mark: String) -> [UInt8]? {
    guard mark != self.mark else { return nil }
    let seen = mark.without(prefix: run + ".").flatMap { Int($0) } ?? 0
    // One without data would not be heard (9.2.6).
    if seen > 0, seen < renewed { return Array("id: \(self.mark)\nevent: anew\ndata: {}\n\n".utf8) }
    let lacking = order.filter { (parts[$0]?.changed ?? 0) > seen }
    var text = ""
    for (index, id) in lacking.enumerated() {
      guard let part = parts[id], let data = try? SnakeJSON.encoder.encode(SentPart(id: id, html: part.html))
      else { continue }
      // The mark stands with the last: who hears only half of it asks for all of it again.
      if index == lacking.count - 1 { text += "id: \(self.mark)\n" }
      text += "event: part\ndata: \(String(decoding: data, as: UTF8.self))\n\n"
    }
    return text.isEmpty ? nil : Array(text.utf8)
  }

  private struct SentPart: Encodable {
    var id: String
    var html: String
  }
}
