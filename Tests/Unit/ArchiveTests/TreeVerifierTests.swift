import Archive
import Foundation
import SystemPackage
import Testing

@Suite struct TreeVerifierTests {
  @Test(arguments: [
    ("rm b", "b", TreeDifference.missing), ("rm -r d", "d", .missing), ("rm -r e", "e", .missing),
    ("echo x > new", "new", .unexpected), ("mkdir d/new", "d/new", .unexpected),
    ("ln -s b d/new", "d/new", .unexpected), ("mkfifo new", "new", .unexpected),
    ("touch \"$(printf 'a\\377')\"", "a\u{fffd}", .unexpected), ("touch B", "B", .unexpected),
    ("rm b; mkdir b", "b", .kind), ("rm b; ln -s README b", "b", .kind), ("rm b; mkfifo b", "b", .kind),
    ("rm -r d; ln -s e d", "d", .kind), ("rm c; echo b > c", "c", .kind),
    ("chmod 755 b", "b", .mode), ("chmod 4644 b", "b", .mode), ("chmod 700 d", "d", .mode),
    ("chmod 1755 d", "d", .mode), ("printf y > b", "b", .content), ("printf xx > b", "b", .size),
    (": > b", "b", .size), ("ln -sfn README c", "c", .target), ("ln -sfn bb c", "c", .target),
    ("printf y > d/x", "d/x", .content),
  ])
  func `a difference is named`(change: String, entry: String, difference: TreeDifference) throws {
    let workshop = try Workshop()
    let archive = try workshop.archive(
      "tar(f('top/README', b'hello'), f('top/b'), l('top/c', 'b'), f('top/d/x'), d('top/e'))")
    try workshop.shell("mkdir out")
    let out = workshop.path("out")
    let manifest = try ArchiveJudge.inspect(archive)
    try ArchiveExtractor.extract(archive, into: out, manifest: manifest)
    try ArchiveExtractor.verifyTree(out, manifest: manifest)
    try workshop.shell(change, in: "out")
    #expect(throws: ArchiveError.treeDiffers(directory: out, entry: entry, difference)) {
      try ArchiveExtractor.verifyTree(out, manifest: manifest)
    }
  }
}
