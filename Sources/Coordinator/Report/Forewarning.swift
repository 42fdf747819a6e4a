/// What a profile's commands say of a host that people should know before they say yes.
package enum Forewarning: Equatable, Sendable {
  case lines([String])
  /// Nobody could ask, and why.
  case unknown(String)
}
