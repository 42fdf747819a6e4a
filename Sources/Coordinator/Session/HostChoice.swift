import ByteText
import Hosts
import Inventory
import Text

/// The question which hosts a first inventory is to have, and what an answer means. Pure.
struct HostChoice {
  private let offered: [KnownMachines.Machine]

  init(_ offered: [KnownMachines.Machine]) { self.offered = offered }

  var question: String {
    let kinds = "names that \"ssh\" knows, user@address, or name=user@address, with a space between: "
    guard !offered.isEmpty else {
      return "Which hosts? N\(kinds.dropFirst())veg=me@192.168.1.21 me@flower.local"
    }
    let width = offered.map { Columns.count($0.word) }.max() ?? 0
    let lines = offered.enumerated().map { index, machine in
      let number = "\(index + 1)"
      return Columns.spaces(4 - number.utf8.count) + number + "  " + Columns.padded(machine.word, to: width)
        + "  "
        + machine.source.rawValue
    }
    return (["This machine knows:"] + lines).joined(separator: "\n")
      + "\nWhich of them are hosts? Their numbers, and for others \(kinds)1 me@flower.local"
  }

  /// The hosts of an answer; none where it is empty.
  func entries(_ answer: String) throws(UsageError) -> [InventoryTemplate.Entry] {
    var words: [String] = []
    for piece in answer.pieces(where: { $0.isSpace || $0 == "," }) {
      // With a list to look at, digits alone mean a line of it, also where one slipped.
      guard !offered.isEmpty, piece.unicodeScalars.allSatisfy({ $0.isDigit || $0 == "-" }) else {
        words.append(String(piece))
        continue
      }
      guard let number = Int(piece), (1...offered.count).contains(number) else {
        throw UsageError(
          "\"\(piece.leading(scalars: 20))\" is no number of the list, which ends with \(offered.count)")
      }
      words.append(offered[number - 1].word)
    }
    do throws(Wrong) { return try InventoryTemplate.Entry.all(words) } catch {
      throw UsageError(error.message)
    }
  }
}
