import ByteText
import Glibc

/// Finding and naming what is executed.
enum Program {
  /// execvp(3)'s search, with a path of our own. A name with a slash, or one that is not found, is
  /// returned as it is: execve(2) then says what is wrong.
  static func find(_ name: String, path: String) -> String {
    guard !name.holds("/") else { return name }
    for directory in path.pieces(by: ":") {
      let candidate = "\(directory)/\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    return name
  }
}

/// An argument vector as C wants it: ended by a null pointer, valid during the call.
func withCStrings<Result>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let pointers = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers + [nil])
}
