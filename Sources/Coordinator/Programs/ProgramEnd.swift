/// How a program ended.
package struct ProgramEnd: Equatable, Sendable {
  package enum Exit: Equatable, Sendable {
    case status(Int32)
    case signal(String)
  }
  package var exit: Exit
  /// Its last part.
  package var standardError: String

  package init(exit: Exit, standardError: String) {
    self.exit = exit
    self.standardError = standardError
  }
}
