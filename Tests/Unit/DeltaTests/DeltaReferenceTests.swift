import Files
import Foundation
import Release
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Delta

@Suite struct DeltaReferenceTests {
  private static let long = String(repeating: "deep/", count: 30) + "file"
  private static let longer = String(repeating: "abcdefgh/", count: 11) + String(repeating: "n", count: 60)

  /// As much as git writes before the first entry (a pax global header and its text), and the zeros at the end.
  private func entries(of tar: [UInt8]) -> [UInt8] {
    var bytes = tar[1024...]
    while bytes.suffix(512).allSatisfy({ $0 == 0 }), !bytes.isEmpty { bytes = bytes.dropLast(512) }
    return Array(bytes)
  }

  @Test func `of a release without programs it is the tar that git makes of it, to the byte`() throws {
    let releases = try TwoReleases(
      old: """
        echo one >one; : >empty; mkdir -p a/b c; echo two >a/b/two; head -c 512 /dev/zero >a/block
        head -c 100000 /dev/urandom >c/random; ln -s one link; ln -s ../one a/link
        mkdir -p \(FilePath(Self.long).removingLastComponent()) \(FilePath(Self.longer).removingLastComponent())
        echo deep >\(Self.long); echo deeper >\(Self.longer); echo umlaut >'c/grün'
        """, new: ":> new")
    let shape = DeltaShape(topDirectory: "app-1", modifiedSeconds: TwoReleases.modified)
    let reference = try releases.reference(releases.listing("1"), shape: shape)
    let tar = entries(of: try releases.folder.bytes("1.tar"))
    #expect(reference.count == tar.count)
    let first = zip(reference, tar).enumerated().first { $0.element.0 != $0.element.1 }
    #expect(
      first == nil, "the first other byte is \(first?.offset ?? 0), in entry \((first?.offset ?? 0) / 512)")
  }

  @Test func `without a folder around everything no name has one`() throws {
    let releases = try TwoReleases(old: "echo one >one", new: ":> new")
    let shape = DeltaShape(topDirectory: "", modifiedSeconds: -5)
    let reference = try releases.reference(releases.listing("1"), shape: shape)
    #expect(reference.count == 1024 && String(decoding: reference[..<4], as: UTF8.self) == "one\0")
  }

  @Test(arguments: [
    ("echo other >1/one", "one"), ("rm 1/one", "one"), ("rm 1/one; ln -s a/two 1/one", "one"),
    ("rm 1/one; mkfifo 1/one", "one"), ("rm 1/one; mkdir 1/one", "one"),
    ("rm -r 1/a; ln -s /etc 1/a", "a/two"),
    ("rm 1/link; ln -s two 1/link", "link"), ("printf 'one\\n\\n' >1/one", "one"), (": >1/one", "one"),
    ("rm -r 1/a; echo >1/a", "a/two"), ("rm 1/link; cp 1/one 1/link", "link"),
  ])
  func `a file that is not as the release has it is found, and named`(_ change: String, _ path: String) throws
  {
    let releases = try TwoReleases(
      old: "echo one >one; mkdir a; echo two >a/two; ln -s one link", new: ":> new")
    let listing = try releases.listing("1")
    try Shell.run("/bin/sh", "-c", "cd \(releases.folder.path); \(change)")
    #expect(throws: DeltaError.differs(path: path)) { try releases.reference(listing) }
  }

  @Test(arguments: ["../secret", "/etc/passwd", "a/../../secret", "", ".", "a//../x"])
  func `a list that leads out of the tree is not followed`(_ path: String) throws {
    let releases = try TwoReleases(old: "echo one >one; mkdir a; echo >a/b", new: ":> new")
    try releases.folder.write("secret", to: "secret")
    let blob = GitBlobHasher.id(of: Array("secret".utf8)).description
    let listing = ReleaseListing(files: [.init(path: path, blob: blob)])
    #expect(throws: DeltaError.differs(path: path)) { try releases.reference(listing) }
  }

  @Test func `what takes more than may be is refused before it is read`() throws {
    let releases = try TwoReleases(old: "echo one >one", new: ":> new")
    let listing = try releases.listing("1")
    try Shell.run("/usr/bin/truncate", "-s", "2G", releases.folder.file("1/one"))
    #expect(throws: DeltaError.tooLarge(limitBytes: DeltaLimits.referenceBytes)) {
      try releases.reference(listing)
    }
    #expect(try releases.folder.bytes("reference").count < 4096)
  }

  @Test func `what it takes is known, and is all that it may take`() throws {
    let releases = try TwoReleases(old: "echo one >one; mkdir a; head -c 2000 /dev/zero >a/b", new: ":> new")
    let listing = try releases.listing("1")
    let file = try releases.open("reference")
    func write(_ limitBytes: Int64) throws -> Int64 {
      var reference = DeltaReference(
        listing, of: try Directory.open(releases.path("1")), shape: releases.shape, limitBytes: limitBytes)
      try reference.write(to: file)
      return reference.sizeBytes
    }
    let size = try write(1 << 20)
    #expect(try releases.folder.bytes("reference").count == Int(size))
    #expect(try write(size) == size)
    #expect(throws: DeltaError.tooLarge(limitBytes: size - 1)) { try write(size - 1) }
  }

  @Test(arguments: [
    (String(repeating: "a/", count: 100) + "b", 0), (String(repeating: "a/", count: 99) + "b", 1),
    (String(repeating: String(repeating: "n", count: 200) + "/", count: 21) + "b", 0),
  ])
  func `a path that no release has is refused before anything of it is written`(_ path: String, _ count: Int)
    throws
  {
    let releases = try TwoReleases(old: "echo one >one", new: ":> new")
    // No shell makes one that is longer than PATH_MAX.
    if path.utf8.count < 4000 {
      let script = "mkdir -p \"$(dirname \"$0\")\" && echo one >\"$0\""
      try Shell.run("/bin/sh", "-c", script, releases.folder.file("1/\(path)"))
    }
    let blob = GitBlobHasher.id(of: Array("one\n".utf8)).description
    let listing = ReleaseListing(files: [.init(path: path, blob: blob)])
    do {
      #expect(try releases.reference(listing).count == 512 * (1 + 99 + 2))
      #expect(count == 1)
    } catch DeltaError.differs {
      #expect(count == 0)
      #expect(try releases.folder.bytes("reference").isEmpty)
    }
  }
}
