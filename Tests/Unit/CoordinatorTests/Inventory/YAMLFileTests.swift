import SystemPackage
import Testing

@testable import Inventory
@testable import Coordinator

/// What is no inventory at all, or was made to hurt.
@Suite struct YAMLFileTests {
  private func complaint(_ bytes: [UInt8]) -> String? {
    let findings = Findings()
    _ = YAMLFile(shown: "f.yaml", findings: findings).parse(bytes)
    return findings.errors?.description
  }

  private func complaint(_ text: String) -> String? { complaint(Array(text.utf8)) }

  @Test func `a tab in the indentation is called so`() {
    #expect(
      complaint("app: app\nhosts:\n\tveg: 1\n") == """
        f.yaml:3:1: a tab in the indentation
          2 | hosts:
          3 |  veg: 1
            | ^
          YAML wants spaces
        """)
  }

  @Test func `what is not YAML is named with its place`() {
    #expect(
      complaint("app: [app\nhosts: }\n") == """
        f.yaml:2:6: is not YAML: did not find expected ',' or ']'
          1 | app: [app
          2 | hosts: }
            |      ^
          look for a missing colon, space or quote here, or a wrong indentation above
        """)
  }

  @Test func `where YAML's parser blames the end of the file, the line that is wrong is named`() {
    #expect(
      complaint("app: app\nhosts:\n  veg: 1\n  dry root@192.168.1.28\n\n# more\n") == """
        f.yaml:4:24: is not YAML: could not find expected ':'
          3 |   veg: 1
          4 |   dry root@192.168.1.28
            |                        ^
          look for a missing colon, space or quote here, or a wrong indentation above
        """)
  }

  @Test func `the line before is shown too, past what is empty`() {
    #expect(
      complaint("app: app\nhosts:\n  veg 192.168.1.21\n\n  flower: me@flower.local\n") == """
        f.yaml:5:9: is not YAML: mapping values are not allowed in this context
          3 |   veg 192.168.1.21
          5 |   flower: me@flower.local
            |         ^
          look for a missing colon, space or quote here, or a wrong indentation above
        """)
  }

  @Test func `a comment between changes nothing`() {
    #expect(
      complaint("app: app\nhosts:\n  veg 192.168.1.21\n  # the other\n  flower: me@flower.local\n") == """
        f.yaml:5:3: is not YAML: did not find expected key
          3 |   veg 192.168.1.21
          5 |   flower: me@flower.local
            |   ^
          look for a missing colon, space or quote here, or a wrong indentation above
        """)
  }

  @Test func `what was never closed is shown from where it began`() {
    let text = "app: \"app\nhosts:\n  veg: 1\n  dry: 2\n"
    let said = complaint(text) ?? ""
    #expect(said.contains("1 | app: \"app\n") && said.contains("4 |   dry: 2\n"), "\(said)")
  }

  @Test func `of a long line the part around the column is shown`() throws {
    let said = try #require(complaint("a: [\(String(repeating: "x, ", count: 200)) }\n"))
    let lines = said.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 120 }, "\(said)")
    let caret = try #require(lines.first { $0.hasSuffix("^") })
    #expect(lines[1].dropFirst(caret.count - 1).first == "}")
  }

  @Test(arguments: [
    "a: [", "{", "a: 'x", "? [", "a: |\n\t- b: c: d", "\t", "a:\n- b\n c: d: e", "\u{E9}: \u{1F331}: x",
  ])
  func `whatever is wrong, the excerpt ends nothing`(text: String) {
    #expect(complaint(text) != nil)
    #expect(complaint("\n\n" + text + "\n\n") != nil)
  }

  @Test func `a file that is not UTF-8 is refused with the line`() {
    #expect(
      complaint(Array("app: app\nname: K".utf8) + [0xFC] + Array("che\n".utf8)) == """
        f.yaml:2:1: is not UTF-8 text here
          save the file as UTF-8
        """)
  }

  @Test func `a byte order mark and Windows line ends are no trouble`() {
    let findings = Findings()
    let documents = YAMLFile(shown: "f.yaml", findings: findings)
      .parse([0xEF, 0xBB, 0xBF] + Array("a: 1\r\nb: 2\r\n".utf8))
    #expect(documents.first?.entries?.map(\.key) == ["a", "b"])
    #expect(findings.isEmpty)
  }

  @Test func `control characters are refused`() {
    #expect(complaint("a: x\nb: y\u{1B}[2J\n") == "f.yaml:2:5: a control character stands here")
    #expect(complaint("a: x\0\n") == "f.yaml:1:5: a control character stands here")
    #expect(complaint("a: x\u{FFFF}\n") == "f.yaml:1:5: a control character stands here")
  }

  @Test func `scalars stay text`() {
    let nodes = YAMLFile(shown: "f.yaml", findings: Findings())
      .parse(Array("[8.10, off, 010, 22:00, null, ~, \"null\", '']".utf8))
    let texts = nodes.first?.items?.map { if case .text(let text) = $0.value { text } else { "nil" } }
    #expect(texts == ["8.10", "off", "010", "22:00", "nil", "nil", "null", ""])
  }

  @Test func `an alias stands for what it names`() {
    let nodes = YAMLFile(shown: "f.yaml", findings: Findings())
      .parse(Array("a: &x { b: 1 }\nc: *x\n".utf8))
    #expect(nodes.first?["c"]?["b"] != nil)
  }

  @Test func `a key may be named, or be what an alias stands for`() {
    let nodes = YAMLFile(shown: "f.yaml", findings: Findings())
      .parse(Array("&x veg: 1\nlist: &l [b]\nother: { *x : 2, c: *x }\n---\n*x : 3\n".utf8))
    #expect(nodes.first?["other"]?.entries?.map(\.key) == ["veg", "c"])
    #expect(nodes.first?["other"]?["c"]?.summary == "\"veg\"")
    #expect(nodes.last?["veg"]?.summary == "\"3\"")
    #expect(complaint("list: &l [b]\n*l : 1\n") == "f.yaml:2:1: a key must be a word")
    // Nothing is named before it is there.
    #expect(complaint("a: &a [*a]\n")?.contains("found undefined alias") == true)
  }

  @Test func `each key that stands twice is named where it stands again`() {
    #expect(
      complaint("a: 1\nb: { c: 1, d: 2, c: 3 }\na: 2\n\"a\": 3\n") == """
        f.yaml:2:18: "c" stands twice in the same mapping
        f.yaml:3:1: "a" stands twice in the same mapping; first in line 1
        f.yaml:4:1: "a" stands twice in the same mapping; first in line 1
        """)
    #expect(complaint("a: { b: 1 }\nc: { b: 1 }\n---\na: 1\n") == nil)
  }

  @Test func `what is no YAML comes before what is refused in it`() {
    let said = complaint("a: { [b]: !x 1, b: 2, b: 3 }\nc: ]\n") ?? ""
    #expect(said.hasPrefix("f.yaml:2:4: is not YAML: ") && !said.contains("must be"), "\(said)")
  }

  @Test func `documents are bounded`() {
    #expect(complaint(String(repeating: "---\na: 1\n", count: 50)) == nil)
    #expect(complaint(String(repeating: "---\na: 1\n", count: 51)) == "f.yaml:102:1: more than 50 documents")
  }

  @Test func `aliases of aliases are refused before they grow`() {
    var text = "a0: &a0 [x, x]\n"
    for level in 1...12 {
      let name = "*a\(level - 1)"
      text += "a\(level): &a\(level) [\(Array(repeating: name, count: 24).joined(separator: ", "))]\n"
    }
    #expect(
      complaint(text) == """
        f.yaml:4:1: more than 48 aliases (*name) in one file
          use groups and defaults instead
        """)
    // Within that bound, what they stand for is counted.
    text = "a0: &a0 [\(Array(repeating: "x", count: 2_000).joined(separator: ", "))]\n"
    text += "a1: &a1 [*a0, *a0, *a0, *a0]\na2: &a2 [*a1, *a1, *a1, *a1]\na3: [*a2, *a2, *a2, *a2]\n"
    #expect(complaint(text)?.contains("more than 50000 values") == true)
  }

  @Test func `stars in commands are no aliases`() {
    let text = (0..<40).map { "- ls *part\($0)\n" }.joined()
    #expect(complaint(text) == nil)
  }

  @Test func `depth is bounded`() {
    let text = String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
    #expect(complaint(text) == "f.yaml:1:25: more than 24 levels deep")
    let deeper = String(repeating: "[", count: 20_000)
    #expect(complaint(deeper) == "f.yaml:1:25: more than 24 levels deep")
    // An alias stands where it is used.
    let inner = String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
    let outer = String(repeating: "[", count: 5) + "*x" + String(repeating: "]", count: 5)
    #expect(complaint("a: &x \(inner)\nb: \(outer)\n") == "f.yaml:1:25: more than 24 levels deep")
    #expect(complaint("a: &x \(inner)\nb: [*x]\n") == nil)
  }

  @Test func `tags and keys that are no words are refused`() {
    #expect(complaint("a: !python x\n") == "f.yaml:1:4: tags such as !python are not used here")
    #expect(complaint("a: !python [x]\n") == "f.yaml:1:4: tags such as !python are not used here")
    #expect(complaint("a: !!python/object { x: 1 }\nb: !!int 5\n") == nil)
    #expect(complaint("a: ! x\n") == "f.yaml:1:4: tags such as ! are not used here")
    #expect(
      complaint("{ [a]: 1, b: !x y, ? {} : 2 }\n") == """
        f.yaml:1:3: a key must be a word
        f.yaml:1:14: tags such as !x are not used here
        f.yaml:1:22: a key must be a word
        """)
    #expect(complaint("[a, b]: x\n") == "f.yaml:1:1: a key must be a word")
  }

  @Test func `an undefined alias is named`() {
    #expect(complaint("a: *nothing\n")?.hasPrefix("f.yaml:1:4: is not YAML: found undefined alias") == true)
  }

  @Test func `a file that is too large or cannot be read is refused`() throws {
    let folder = try InventoryFolder(String(repeating: "# filler\n", count: 40_000))
    #expect(folder.complaints() == "fleet.yaml: is larger than 256 KiB")
    let missing = InventoryLocation(file: folder.path.appending("no.yaml"), currentFolder: folder.path)
    #expect(throws: InventoryErrors.self) { try Fleet.load(from: missing) }
  }

  @Test func `more errors than anybody reads are counted`() throws {
    let hosts = (0..<30).map { "  h\($0): { prot: 1 }\n" }.joined()
    let folder = try InventoryFolder("app: app\nhosts:\n\(hosts)")
    #expect(folder.complaints().hasSuffix("\n… and 10 more"))
  }
}
