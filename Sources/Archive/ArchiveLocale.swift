import Glibc

/// libarchive reads names in the character set of the process's locale.
package enum ArchiveLocale {
  /// Sets `C.UTF-8`, which every glibc has. To be called first in main: setlocale(3) is not safe beside
  /// other threads.
  /// - Returns: false if the system has no such locale.
  @discardableResult
  package static func set() -> Bool {
    setlocale(LC_ALL, "C.UTF-8") != nil
  }

  static var isUTF8: Bool {
    guard let name = nl_langinfo(nl_item(CODESET)) else { return false }
    return String(cString: name) == "UTF-8"
  }
}
