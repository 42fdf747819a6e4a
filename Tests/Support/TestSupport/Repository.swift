package import Foundation

/// Where things are in the checkout that these tests were built from.
package enum Repository {
  /// The folder with Package.swift.
  package static let root: URL = {
    var folder = URL(fileURLWithPath: #filePath)
    repeat { folder.deleteLastPathComponent() } while !isRoot(folder) && folder.path != "/"
    return folder
  }()

  private static func isRoot(_ folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path)
  }

  package static func file(_ path: String) -> URL { root.appending(path: path) }

  /// What was built along with this test, in the same configuration.
  package static let programs: URL = {
    #if DEBUG
    file(".build/debug")
    #else
    file(".build/release")
    #endif
  }()

  /// The C programs of the campaigns (`Tests/Campaigns/Tools`); `make tools` builds them.
  package static let tools = file(".build/tools")
}
