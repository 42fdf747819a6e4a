/// The token for an API, out of the environment variable that the profile names.
enum SourceToken {
  /// Nil where none is named or the variable is empty.
  static func read(
    variable: String?, environment: [String: String], origin: WebOrigin, limits: CatalogueLimits
  ) throws(SourceFailure) -> String? {
    guard let variable, let value = environment[variable], !value.isEmpty else { return nil }
    // The value itself is never shown.
    guard value.utf8.count <= limits.maxTokenBytes, value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      throw SourceFailure(
        error: .source(
          "the environment variable \(variable) (token_env) holds no token: it has a blank, a line end or another "
            + "unusual character in it, or is longer than \(limits.maxTokenBytes) bytes"))
    }
    guard !origin.isPlain || origin.isLoopback else {
      throw SourceFailure(
        error: .source(
          "\(origin.text) is not https, so the token of \(variable) is not sent there: everybody on the way could "
            + "read it. Write the address with https://, or take token_env out of the profile."))
    }
    return value
  }
}
