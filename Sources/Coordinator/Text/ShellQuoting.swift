import ByteText

/// One word for a POSIX shell, in single quotes.
package func shellQuoted(_ word: String) -> String {
  "'" + word.exchanging("'", for: "'\\''") + "'"
}
