import ByteText
import SystemPackage

/// Reads a YAML file into nodes. libyaml does the grammar; what it would accept silently is bounded or refused here
/// and in ``YAMLComposer``.
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
    guard let text = text(of: bytes) else { return [] }
    var composer = YAMLComposer(text, shown: shown)
    var documents: [YAMLNode] = []
    do throws(YAMLComposer.Failure) { documents = try composer.documents() } catch {
      switch error {
      case .notYAML(let problem):
        // What was read before may have been meant otherwise.
        report(problem, in: text)
        return []
      case .tooMuch(let wrong, let place): findings.add(wrong, at: place)
      }
    }
    for (wrong, place) in composer.refused { findings.add(wrong, at: place) }
    return composer.refused.isEmpty ? documents : []
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
      // The last two are no characters; libyaml would refuse them without a place.
      case 0..<0x09, 0x0B, 0x0C, 0x0E..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF:
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

  // MARK: What libyaml says

  private func report(_ problem: YAMLEvents.Problem, in text: String) {
    guard let mark = problem.mark else {
      findings.add(InventoryError(file: shown, message: "cannot be read as YAML: \(problem.text)"))
      return
    }
    // Where a block began tells nothing: the lines of it are all there.
    let start = problem.context.flatMap { $0.text.holds("block") ? nil : $0.mark.line }
    explain(
      problem.text, at: Place(file: shown, line: mark.line, column: mark.column), since: start, in: text)
  }

  /// - Parameter start: where what could not be ended began.
  private func explain(_ problem: String, at mark: Place, since start: Int?, in text: String) {
    let excerpt = YAMLExcerpt(text)
    // At its end the file has no line; what is wrong stands in the last one.
    let place =
      excerpt.isBeyondText(mark.line)
      ? excerpt.lastText(before: mark.line).map {
        Place(file: shown, line: $0, column: excerpt.width(of: $0) + 1)
      }
        ?? mark
      : mark
    var wrong = Wrong(
      "is not YAML: \(problem)",
      hint: "look for a missing colon, space or quote here, or a wrong indentation above")
    if excerpt.line(place.line).leading(while: \.isSpace).holds("\t") {
      wrong = Wrong("a tab in the indentation", hint: "YAML wants spaces")
    }
    wrong.excerpt = excerpt.shown(at: place.line, column: place.column, since: start)
    findings.add(wrong, at: place)
  }
}
