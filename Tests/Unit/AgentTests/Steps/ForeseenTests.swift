import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Agent

/// What would only be found after the stop, told before it.
@Suite struct ForeseenTests {
  private static let units: [(load: String, isBrought: Bool, says: String?)] = [
    ("loaded", false, nil), ("loaded", true, nil), ("not-found", true, nil), ("bad-setting", true, nil),
    ("not-found", false, "is it spelled so"), ("masked", false, "systemctl unmask app.service"),
    ("masked", true, "systemctl unmask app.service"), ("bad-setting", false, "systemctl status app.service"),
    ("error", false, "systemctl status app.service"), ("merged", false, nil),
  ]

  @Test(arguments: units.indices) func `a unit that could not be started is told, with what mends it`(
    _ index: Int
  ) {
    let now = Self.units[index]
    let said = Obstacles.trouble("app.service", now.load, isBrought: now.isBrought)
    #expect((said == nil) == (now.says == nil))
    #expect(said?.contains(now.says ?? "") ?? true, "\(said ?? "")")
  }

  @Test func `pointers of Git LFS are told from files`() throws {
    let folder = try TemporaryDirectory()
    let head = "version https://git-lfs.github.com/spec/v1\n"
    let files = [
      "model.bin": head
        + "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n",
      "words.txt": "of \(head)", "empty": "", "short": "version https://git-lfs",
    ]
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(filePath: folder.path.appending(name).string))
    }
    let tree = try Directory.open(folder.path)
    #expect(try JobSteps.pointers(among: files.keys.sorted(), in: tree) == ["model.bin"])
  }

  @Test func `programs that an archive without modes makes plain files of are told`() throws {
    let folder = try TemporaryDirectory()
    try Shell.run(
      "/bin/sh", "-euc",
      """
      cd "$0"
      mkdir -p old/bin new/bin
      for tree in old new; do
        for name in run bin/ctl kept; do echo '#!/bin/sh' >$tree/$name; done
        touch $tree/data; ln -s run $tree/link
      done
      chmod 755 old/run old/bin/ctl old/kept new/kept
      touch old/gone new/fresh; chmod 755 old/gone
      """, folder.path.string)
    let (old, new) = (
      try Directory.open(folder.path.appending("old")), try Directory.open(folder.path.appending("new"))
    )
    let paths = ["bin/ctl", "data", "fresh", "gone", "kept", "link", "run"]
    #expect(try JobSteps.lostPrograms(among: paths, installed: old, staged: new) == ["bin/ctl", "run"])
    // A card that knows no modes.
    try Shell.run("/bin/chmod", "755", folder.path.appending("old/data").string)
    #expect(try JobSteps.lostPrograms(among: paths, installed: old, staged: new) == [])
  }
}
