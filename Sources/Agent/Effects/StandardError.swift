import Glibc

/// A line for a person, on standard error.
package func warn(_ text: String) {
  let line = Array((text + "\n").utf8)
  _ = write(STDERR_FILENO, line, line.count)
}
