import Text
import ByteText

/// Reads `asset:`, `checksums:` and `arch:` of a source.
enum AssetReader {
  private static let placeholders = ["{version}", "{tag}", "{arch}"]

  static func rule(_ section: Section) -> AssetRule? {
    let name = section.value("asset", archiveName)
    // The archive's own word for the architecture; without one there is none to be filled in.
    let ofAsset = ["{version}", "{tag}", "{asset}"] + (name?.holds("{arch}") == true ? ["{arch}"] : [])
    let checksums = section.value("checksums") { (node) throws(Wrong) in try fileName(node, ofAsset) }
    let spellings = section.pairs("arch", spelling)
    guard section.node("asset") != nil else {
      for key in ["checksums", "arch"] where section.node(key) != nil {
        section.wrong("\(key) belongs to an asset", hint: "asset: \"app-{version}.tar.gz\"", at: key)
      }
      return nil
    }
    guard let name else { return nil }
    let rule = AssetRule(
      name: name, checksums: checksums,
      spellings: Dictionary(spellings ?? [], uniquingKeysWith: { first, _ in first }))
    if section.node("arch") != nil, !rule.isPerArchitecture {
      section.wrong("arch says how {arch} in asset is spelled, which is not in it", at: "arch")
    }
    if let words = spellings?.map(\.1), Set(words).count < words.count {
      section.wrong("arch: one word stands for two architectures", at: "arch")
    }
    return rule
  }

  static func archiveName(_ node: YAMLNode) throws(Wrong) -> String { try fileName(node, placeholders) }

  /// The name of one file, of the signs that mean nothing in an address or on a command line.
  private static func fileName(_ node: YAMLNode, _ known: [String]) throws(Wrong) -> String {
    let text = try Values.line(node)
    var plain = ""
    var rest = text[...]
    while let (before, behind) = rest.cut(at: "{") {
      guard let (word, after) = behind.cut(at: "}") else {
        throw Wrong("\(node.summary) has a { without a }")
      }
      guard known.contains(where: { $0.isSpelled("{\(word)}") }) else {
        throw Wrong(
          "{\(word.leading(scalars: 40))} is not known there; what is, is \(known.joined(separator: ", "))",
          hint: didYouMean("{\(word)}", among: known))
      }
      plain += before
      rest = after
    }
    plain += rest
    let isPlain = plain.unicodeScalars.allSatisfy {
      $0.isDigit || $0.isASCIILetter || "._~@+-".unicodeScalars.contains($0)
    }
    guard isPlain, text.utf8.count <= 200, !text.begins(with: "."), !text.begins(with: "-") else {
      throw Wrong(
        "must be the name of a file beside a release, not \(node.summary)",
        hint: "such as \"app-{version}-linux-{arch}.tar.gz\"")
    }
    return text
  }

  private static func spelling(_ entry: YAMLNode.Entry) throws(Wrong) -> (String, String) {
    guard AssetRule.architectures.contains(entry.key) else {
      throw Wrong(
        "\"\(entry.key)\" is no architecture of hosts; there are \(AssetRule.architectures.joined(separator: " and "))",
        hint: didYouMean(entry.key, among: AssetRule.architectures))
    }
    let word = try Values.line(entry.value)
    guard Values.isPlainName(word, bytes: 40) else {
      throw Wrong("\(entry.key) must be a word of file names, not \(entry.value.summary)")
    }
    return (entry.key, word)
  }
}
