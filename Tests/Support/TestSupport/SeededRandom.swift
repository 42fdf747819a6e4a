/// SplitMix64 (Steele, Lea, Flood 2014): the same seed and name give the same order everywhere.
public struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// - Parameter name: what draws; others that draw by the same seed draw something else.
  public init(seed: UInt64, name: String = "") {
    state = name.utf8.reduce(seed) { ($0 &* 1_099_511_628_211) ^ UInt64($1) }
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
