/// A pattern for one name, character by character.
struct NamePattern: Sendable, Hashable {
  enum Unit: Sendable, Hashable {
    case anyCharacters
    case anyCharacter
    case one(UInt32)
    case oneOf([ClosedRange<UInt32>], negated: Bool)
  }

  static let anything = NamePattern(units: [.anyCharacters])

  let units: [Unit]

  private init(units: [Unit]) { self.units = units }

  /// Nil where a `[` has no `]`.
  init?(_ bytes: [UInt8]) {
    var rest = scalarUnits(bytes)[...]
    var units: [Unit] = []
    while let character = rest.popFirst() {
      switch character {
      case "*": if units.last != .anyCharacters { units.append(.anyCharacters) }
      case "?": units.append(.anyCharacter)
      case "[":
        guard let set = Self.set(&rest) else { return nil }
        units.append(set)
      case "\\": units.append(.one(rest.popFirst() ?? character))
      default: units.append(.one(character))
      }
    }
    self.units = units
  }

  /// What follows a `[`: `!` or `^` negates, a `]` in the first place is one of the set.
  private static func set(_ rest: inout ArraySlice<UInt32>) -> Unit? {
    var negated = false
    if let first = rest.first, "!" ~= first || "^" ~= first {
      negated = true
      rest.removeFirst()
    }
    var ranges: [ClosedRange<UInt32>] = []
    while let character = rest.popFirst() {
      if "]" ~= character, !ranges.isEmpty { return .oneOf(ranges, negated: negated) }
      var low = character
      if "\\" ~= low, let escaped = rest.popFirst() { low = escaped }
      var high = low
      if let dash = rest.first, "-" ~= dash, let end = rest.dropFirst().first, !("]" ~= end) {
        rest.removeFirst(2)
        high = end
      }
      ranges.append(min(low, high)...max(low, high))
    }
    return nil
  }

  /// Whether the pattern is plain text, and which.
  var literal: [UInt32]? {
    var text: [UInt32] = []
    for unit in units {
      guard case .one(let character) = unit else { return nil }
      text.append(character)
    }
    return text
  }

  func matches(_ name: ArraySlice<UInt32>) -> Bool {
    wildcardMatch(
      units[...], name, isWild: { $0 == .anyCharacters },
      matches: { unit, character in
        switch unit {
        case .anyCharacters: false
        case .anyCharacter: true
        case .one(let wanted): wanted == character
        case .oneOf(let ranges, let negated):
          ranges.contains { $0.contains(character) } != negated
        }
      })
  }
}

/// Lets a unit be compared with a character literal.
private func ~= (literal: Unicode.Scalar, unit: UInt32) -> Bool { literal.value == unit }

/// Matches a sequence against parts, some of which stand for any run of elements. It only ever goes
/// back to the last such part: since that can take up anything, an earlier one never needs another
/// try, and the time stays within the product of both lengths.
func wildcardMatch<Part, Element>(
  _ parts: ArraySlice<Part>, _ elements: ArraySlice<Element>, isWild: (Part) -> Bool,
  matches: (Part, Element) -> Bool
) -> Bool {
  var part = parts.startIndex
  var element = elements.startIndex
  var retry: (part: Int, element: Int)?
  while element < elements.endIndex {
    if part < parts.endIndex, isWild(parts[part]) {
      retry = (part + 1, element)
      part += 1
    } else if part < parts.endIndex, matches(parts[part], elements[element]) {
      part += 1
      element += 1
    } else if let last = retry {
      part = last.part
      element = last.element + 1
      retry = (last.part, element)
    } else {
      return false
    }
  }
  return parts[part...].allSatisfy(isWild)
}
