import Testing

@testable import Report
@testable import Inventory
@testable import Coordinator

/// Items are added to fleet.yaml, and all else stays as it was written.
@Suite struct YAMLInsertionTests {
  private func insert(_ text: String, _ items: [String] = ["\"logs\""]) -> String? {
    var insertion = YAMLInsertion(text: text)
    return insertion.add(items, to: "also_ignore", of: "profile", after: "app") ? insertion.text : nil
  }

  private static let places: [(name: String, old: String, new: String)] = [
    (
      "no profile", "# mine\napp: a # it\n\n# hosts\nhosts:\n  veg:\n",
      "# mine\napp: a # it\nprofile:\n  also_ignore:\n    - \"logs\"\n\n# hosts\nhosts:\n  veg:\n"
    ),
    (
      "no last line end", "hosts: { veg: }\napp: a",
      "hosts: { veg: }\napp: a\nprofile:\n  also_ignore:\n    - \"logs\"\n"
    ),
    (
      "an empty profile", "app: a\nprofile:\n# x\nhosts: {}\n",
      "app: a\nprofile:\n  also_ignore:\n    - \"logs\"\n# x\nhosts: {}\n"
    ),
    (
      "a profile of other keys", "app: a\nprofile:\n    # five\n    keep_backups: 5 # yes\nhosts: {}\n",
      "app: a\nprofile:\n    # five\n    also_ignore:\n      - \"logs\"\n    keep_backups: 5 # yes\nhosts: {}\n"
    ),
    (
      "a profile in braces", "app: a\nprofile: { keep_backups: 5 } # yes\n",
      "app: a\nprofile: { also_ignore: [\"logs\"], keep_backups: 5 } # yes\n"
    ),
    ("empty braces", "app: a\nprofile: {}\n", "app: a\nprofile: {also_ignore: [\"logs\"]}\n"),
    (
      "a list",
      "app: a\nprofile:\n  also_ignore:\n    # first\n    - x # one\n    - y # two\n  keep_backups: 5\n",
      "app: a\nprofile:\n  also_ignore:\n    # first\n    - x # one\n    - y # two\n    - \"logs\"\n  keep_backups: 5\n"
    ),
    (
      "a list without indentation", "app: a\nprofile:\n  also_ignore:\n  - x\nhosts: {}\n",
      "app: a\nprofile:\n  also_ignore:\n  - x\n  - \"logs\"\nhosts: {}\n"
    ),
    (
      "a list in brackets", "app: a\nprofile:\n  also_ignore: [x, \"y\"] # both\n",
      "app: a\nprofile:\n  also_ignore: [\"logs\", x, \"y\"] # both\n"
    ),
    (
      "an empty list", "app: a\nprofile:\n  also_ignore: []\n",
      "app: a\nprofile:\n  also_ignore: [\"logs\"]\n"
    ),
    (
      "a key with nothing behind it", "app: a\nprofile:\n  also_ignore:\n  keep_backups: 5\n",
      "app: a\nprofile:\n  also_ignore:\n    - \"logs\"\n  keep_backups: 5\n"
    ),
    (
      "a last item of several lines",
      "app: a\nprofile:\n  also_ignore:\n    - x\n    - >-\n      long\n      name\n",
      "app: a\nprofile:\n  also_ignore:\n    - \"logs\"\n    - x\n    - >-\n      long\n      name\n"
    ),
    (
      "line ends of Windows", "app: a\r\nhosts: {}\r\n",
      "app: a\r\nprofile:\r\n  also_ignore:\r\n    - \"logs\"\r\nhosts: {}\r\n"
    ),
    (
      "a profile of a host is another one", "app: a\nhosts:\n  veg:\n    profile: { also_ignore: [x] }\n",
      "app: a\nprofile:\n  also_ignore:\n    - \"logs\"\nhosts:\n  veg:\n    profile: { also_ignore: [x] }\n"
    ),
  ]

  @Test func `items stand where their author would have put them`() {
    for place in Self.places { #expect(insert(place.old) == place.new, "\(place.name)") }
  }

  @Test func `where no place is certain nothing is changed`() {
    for text in [
      "app: a\nlist: &l [x]\nprofile:\n  also_ignore: *l\n", "{ app: a, hosts: {} }\n", "- app: a\n",
      "app: a\nprofile: text\n", "app: a\nprofile: [x]\n", "app: |\n  a\n", "app:\n  a\n", "a: [\n", "",
      "app: a\n---\nprofile: {}\n", "app: a\nprofile: { also_ignore: text }\n",
      "app: a\nbase: &b { keep_backups: 5 }\nprofile: *b\n",
    ] {
      #expect(insert(text) == nil, "\(text)")
    }
    // What would say something else than meant is no item.
    #expect(insert("app: a\n", ["x\nhosts: {}"]) == nil)
    #expect(insert("app: a\n", ["["]) == nil)
  }

  @Test func `several items, and both lists`() throws {
    let adoption = Adoption.of([
      [
        FileGroupSample.pictures, FileGroupSample.logs, FileGroupSample.database,
      ]
    ])
    let text = try #require(Adopting.insert(adoption, into: "app: a\nhosts:\n  veg:\n"))
    #expect(
      text == """
        app: a
        profile:
          also_carry:
            - { link: "cameras" }
            - { sqlite: "data/x.db" }
          also_ignore:
            - "logs"
        hosts:
          veg:

        """)
    #expect(
      LineChanges(from: "app: a\nhosts:\n  veg:\n", to: text).lines == [
        "  app: a", "+ profile:", "+   also_carry:", "+     - { link: \"cameras\" }",
        "+     - { sqlite: \"data/x.db\" }", "+   also_ignore:", "+     - \"logs\"", "  hosts:", "    veg:",
      ])
  }

  @Test func `a change shows two lines around it`() {
    let old = (1...9).map { "\($0)\n" }.joined()
    let new = old.replacing("5\n", with: "5\nnew\u{1B}\n").replacing("9\n", with: "nine\n")
    #expect(
      LineChanges(from: old, to: new).lines == [
        "  …", "  4", "  5", "+ new\\u{1b}", "  6", "  7", "  8", "- 9", "+ nine",
      ])
  }
}

enum FileGroupSample {}
