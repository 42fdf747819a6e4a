import Foundation
import Testing

@testable import Hub
@testable import Report

@Suite struct HubNewsTests {
  private func parts(_ texts: String...) -> [(id: String, html: Markup)] {
    texts.enumerated().map { ("part-\($0)", "<p>\($1)</p>\n") }
  }

  private func ids(_ bytes: [UInt8]?) -> [String] {
    String(decoding: bytes ?? [], as: UTF8.self).matches(of: #/"id":"([^"]+)"/#).map { String($0.1) }
  }

  @Test func `who has nothing is sent all`() {
    var news = HubNews(run: "r")
    let isNews1 = news.take(parts("a", "b"))
    #expect(isNews1)
    #expect(ids(news.events(after: "")) == ["part-0", "part-1"])
    #expect(ids(news.events(after: "other.1")) == ["part-0", "part-1"])
    #expect(ids(news.events(after: "r.x")) == ["part-0", "part-1"])
  }

  @Test func `who was away is sent what has changed since`() {
    var news = HubNews(run: "r")
    let isNews2 = news.take(parts("a", "b", "c"))
    #expect(isNews2)
    let mark = news.mark
    #expect(news.events(after: mark) == nil)
    let isNews3 = news.take(parts("a", "B", "c"))
    #expect(isNews3)
    let isNews4 = news.take(parts("a", "B", "C"))
    #expect(isNews4)
    #expect(ids(news.events(after: mark)) == ["part-1", "part-2"])
    let isNews5 = news.take(parts("a", "B", "C"))
    #expect(!isNews5)
  }

  @Test func `where rooms come or go the page is loaded anew`() {
    var news = HubNews(run: "r")
    _ = news.take(parts("a", "b"))
    let mark = news.mark
    _ = news.take(parts("a"))
    #expect(
      String(decoding: news.events(after: mark) ?? [], as: UTF8.self) == "id: r.2\nevent: anew\ndata: {}\n\n")
    #expect(ids(news.events(after: "")) == ["part-0"])
    let renewed = news.mark
    _ = news.take(parts("a", "b"))
    #expect(String(decoding: news.events(after: renewed) ?? [], as: UTF8.self).contains("event: anew"))
    #expect(ids(news.events(after: "")) == ["part-0", "part-1"])
  }

  @Test func `the mark comes with the last part, and no line feed ends an event early`() {
    var news = HubNews(run: "r")
    _ = news.take(parts("a", "b\nid: forged\n\nevent: part"))
    let text = String(decoding: news.events(after: "") ?? [], as: UTF8.self)
    let events = text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
    #expect(events.count == 2)
    #expect(!events[0].hasPrefix("id:") && events[1].hasPrefix("id: r.1\nevent: part\ndata: {"))
    #expect(!text.contains("\nid: forged"))
  }
}
