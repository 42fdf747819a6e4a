import ByteText
import SystemPackage
import Yams

/// Reads a YAML file into nodes. Yams does the grammar; what it would accept silently, resolve by
/// guess or be led astray by is bounded or refused here.
struct YAMLFile {
  let shown: String
  let findings: Findings

  /// The documents of the file; empty where it has none or cannot be read. What is wrong is in the
  /// findings.
  func read(_ path: FilePath) -> [YAMLNode] {
    guard let bytes = bytes(of: path) else { return [] }
    return parse(bytes)
  }

  func parse(_ bytes: [UInt8]) -> [YAMLNode] {
    guard let text = text(of: bytes), isBounded(text) else { return [] }
    do {
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      var documents: [YAMLNode] = []
      var budget = InventoryLimits.nodes
      while let root = try parser.nextRoot() {
        guard documents.count < InventoryLimits.profiles else {
          findings.add(
            Wrong("more than \(InventoryLimits.profiles) documents"), at: place(root.mark))
          return []
        }
        documents.append(try convert(root, depth: 0, budget: &budget))
      }
      return documents
    } catch let error as Failure {
      findings.add(error.wrong, at: error.place)
    } catch let error as YamlError {
      report(error, in: text)
    } catch {
      findings.add(InventoryError(file: shown, message: "cannot be read as YAML: \(error)"))
    }
    return []
  }

  // MARK: Before the grammar

  private func bytes(of path: FilePath) -> [UInt8]? {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      return try file.closeAfter {
        var bytes: [UInt8] = []
        while bytes.count <= InventoryLimits.fileBytes {
          let chunk = try [UInt8](unsafeUninitializedCapacity: 64 << 10) {
            $1 = try file.read(into: UnsafeMutableRawBufferPointer($0))
          }
          if chunk.isEmpty { return bytes }
          bytes += chunk
        }
        findings.add(
          InventoryError(
            file: shown, message: "is larger than \(InventoryLimits.fileBytes >> 10) KiB"))
        return nil
      }
    } catch {
      findings.add(InventoryError(file: shown, message: "cannot be read: \(error)"))
      return nil
    }
  }

  private func text(of bytes: [UInt8]) -> String? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes[...]
    guard let text = String(validating: content, as: UTF8.self) else {
      let good = validPrefix(content)
      let line = good.count { $0 == 0x0A } + 1
      findings.add(
        Wrong("is not UTF-8 text here", hint: "save the file as UTF-8"),
        at: Place(file: shown, line: line, column: 1))
      return nil
    }
    var place = Place(file: shown, line: 1, column: 1)
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A:
        place.line += 1
        place.column = 0
      case 0..<0x09, 0x0B, 0x0C, 0x0E..<0x20, 0x7F..<0xA0:
        findings.add(Wrong("a control character stands here"), at: place)
        return nil
      default: break
      }
      place.column += 1
    }
    return text
  }

  /// The longest start that is whole UTF-8, found line by line.
  private func validPrefix(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var end = bytes.startIndex
    while let feed = bytes[end...].firstIndex(of: 0x0A),
      String(validating: bytes[end...feed], as: UTF8.self) != nil
    {
      end = feed + 1
    }
    return bytes[..<end]
  }

  /// What an alias may follow, YAML's line ends but "\n" among it.
  private static let beforeAliases = Set(" [{,:-?\t\r\u{85}\u{2028}\u{2029}".unicodeScalars)

  /// Aliases are counted in the text, since Yams compares whole keys while it parses: a few aliases
  /// of aliases would keep it busy for hours before anything else could look at them.
  private func isBounded(_ text: String) -> Bool {
    var anchors = false
    var aliases = 0
    var place = Place(file: shown, line: 0, column: 1)
    for line in text.pieces(by: "\n", keepingEmpty: true) {
      place.line += 1
      var before: Unicode.Scalar = " "
      for (scalar, next) in zip(line.unicodeScalars, line.unicodeScalars.dropFirst()) {
        if Self.beforeAliases.contains(before),
          next.isASCIILetter || next.isDigit || next == "_" || next == "-"
        {
          if scalar == "&" { anchors = true }
          if scalar == "*" { aliases += 1 }
        }
        before = scalar
      }
      if anchors, aliases > InventoryLimits.aliases {
        findings.add(
          Wrong(
            "more than \(InventoryLimits.aliases) aliases (*name) in one file",
            hint: "use groups and defaults instead"),
          at: place)
        return false
      }
    }
    return true
  }

  // MARK: After the grammar

  private struct Failure: Error {
    var wrong: Wrong
    var place: Place
  }

  private func place(_ mark: Mark?) -> Place {
    Place(file: shown, line: mark?.line ?? 1, column: mark?.column ?? 1)
  }

  private func convert(_ node: Node, depth: Int, budget: inout Int) throws(Failure) -> YAMLNode {
    let place = place(node.mark)
    budget -= 1
    guard budget > 0 else {
      throw Failure(wrong: Wrong("more than \(InventoryLimits.nodes) values"), place: place)
    }
    guard depth < InventoryLimits.depth else {
      throw Failure(
        wrong: Wrong("more than \(InventoryLimits.depth) levels deep"), place: place)
    }
    let tag = node.tag.description
    guard tag.isEmpty || tag.begins(with: "tag:yaml.org,2002:") else {
      throw Failure(wrong: Wrong("tags such as \(tag) are not used here"), place: place)
    }
    switch node {
    case .scalar(let scalar):
      let empty = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
      return YAMLNode(value: empty ? .null : .text(scalar.string), place: place)
    case .sequence(let sequence):
      var items: [YAMLNode] = []
      for item in sequence { items.append(try convert(item, depth: depth + 1, budget: &budget)) }
      return YAMLNode(value: .list(items), place: place)
    case .mapping(let mapping):
      var entries: [YAMLNode.Entry] = []
      for (key, value) in mapping {
        let keyPlace = self.place(key.mark)
        guard case .scalar(let name) = key else {
          throw Failure(wrong: Wrong("a key must be a word"), place: keyPlace)
        }
        let value = try convert(value, depth: depth + 1, budget: &budget)
        entries.append(YAMLNode.Entry(key: name.string, place: keyPlace, value: value))
      }
      return YAMLNode(value: .mapping(entries), place: place)
    case .alias:
      throw Failure(wrong: Wrong("an alias that means nothing"), place: place)
    }
  }

  // MARK: Yams' own errors

  private func report(_ error: YamlError, in text: String) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      // Where a block began tells nothing: the lines of it are all there.
      explain(problem, at: mark, since: context.flatMap { $0.text.holds("block") ? nil : $0.mark }, in: text)
    case .duplicatedKeysInMapping(let keys, let context):
      for key in keys { reportDuplicate(key, first: context.mark, in: text) }
    case .no, .memory, .reader, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
      findings.add(InventoryError(file: shown, message: "cannot be read as YAML: \(error)"))
    }
  }

  /// - Parameter start: where what could not be ended began.
  private func explain(_ problem: String, at mark: Mark, since start: Mark?, in text: String) {
    let excerpt = YAMLExcerpt(text)
    // At its end the file has no line; what is wrong stands in the last one.
    let place =
      excerpt.isBeyondText(mark.line)
      ? excerpt.lastText(before: mark.line).map {
        Place(file: shown, line: $0, column: excerpt.width(of: $0) + 1)
      }
        ?? place(mark)
      : place(mark)
    var wrong = Wrong(
      "is not YAML: \(problem)",
      hint: "look for a missing colon, space or quote here, or a wrong indentation above")
    if excerpt.line(place.line).leading(while: \.isSpace).holds("\t") {
      wrong = Wrong("a tab in the indentation", hint: "YAML wants spaces")
    }
    wrong.excerpt = excerpt.shown(at: place.line, column: place.column, since: start?.line)
    findings.add(wrong, at: place)
  }

  /// Yams tells where the first one stands; the second one is looked for below it, as a line that
  /// starts with the same key in the same column.
  private func reportDuplicate(_ key: String, first: Mark, in text: String) {
    var place = Place(file: shown, line: first.line, column: first.column)
    let lines = text.pieces(by: "\n", keepingEmpty: true)
    for (index, line) in lines.enumerated().dropFirst(first.line) {
      let rest = line.skipping { $0 == " " }
      let indentation = line.utf8.count - rest.utf8.count
      if indentation + 1 < first.column, !rest.isEmpty, !rest.begins(with: "#") { break }
      let spellings = [key, "\"\(key)\"", "'\(key)'"]
      guard indentation + 1 == first.column, spellings.contains(where: { rest.begins(with: $0 + ":") })
      else { continue }
      place.line = index + 1
      break
    }
    let other = place.line == first.line ? "" : "; first in line \(first.line)"
    findings.add(Wrong("\"\(key)\" stands twice in the same mapping\(other)"), at: place)
  }
}
