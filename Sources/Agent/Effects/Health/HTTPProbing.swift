import ByteText
package import Wire

/// What gets an answer over HTTP.
package protocol HTTPProbing: Sendable {
  /// - Throws: a sentence where there was no answer.
  func answer(to check: HTTPCheck) throws(HTTPProbeFailure) -> HTTPAnswer
}

package struct HTTPAnswer: Equatable, Sendable {
  var status: Int
  /// At most ``EffectLimits/probeBodyBytes`` of it.
  var body: [UInt8]
}

package struct HTTPProbeFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String
}

extension HTTPProbing {
  func problem(of check: HTTPCheck) -> HealthProblem? {
    do {
      let answer = try answer(to: check)
      let body = String(decoding: answer.body, as: UTF8.self)
      guard answer.status == check.status else {
        let text = "\(check.url) answers \(answer.status), not \(check.status)"
        return HealthProblem(text, detail: body.isEmpty ? nil : "\(text): \"\(body.leading(scalars: 300))\"")
      }
      guard let pattern = check.body else { return nil }
      if try Pattern(pattern).matches(body) { return nil }
      return HealthProblem(
        "\(check.url): nothing in the answer matches `\(pattern)`",
        detail: "\(check.url): nothing matches `\(pattern)` in \"\(body.leading(scalars: 300))\"")
    } catch {
      // Some causes begin with it.
      let cause = "\(error)"
      return HealthProblem(cause.begins(with: check.url) ? cause : "\(check.url): \(cause)")
    }
  }
}
