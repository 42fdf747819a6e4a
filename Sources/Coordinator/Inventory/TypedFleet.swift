internal import ByteText

/// Commands of fleet's as they are to be typed, for one inventory. The counterpart of `Host.typedSSH`.
public struct TypedFleet: Equatable, Sendable {
  /// What `-i` has to say; nil where the inventory is found without it.
  let inventory: String?

  public init(inventory: String? = nil) { self.inventory = inventory }

  /// - Parameter verb: with its options, if it has some: `trust --replace`.
  func command(_ verb: String, _ words: [String] = []) -> String {
    let parts = verb.pieces(by: " ").map { String($0) }
    let option = inventory.map { ["-i", $0] } ?? []
    return CommandWord.typed(["fleet"] + parts.prefix(1) + option + parts.dropFirst() + words)
  }
}
