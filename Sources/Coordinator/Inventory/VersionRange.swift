/// `>=8.16.0`, `<9`, `>=4.0.0 <5.0.0`: all conditions must hold.
public struct VersionRange: Equatable, Sendable {
  public var text: String
}
