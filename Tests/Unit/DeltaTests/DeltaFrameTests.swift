import Files
import Foundation
import Release
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Delta

@Suite struct DeltaFrameTests {
  /// Some hundred files, of which the new release changes a few, leaves one out, brings one, and moves one.
  private func releases() throws -> TwoReleases {
    try TwoReleases(
      old: """
        mkdir src img
        for i in $(seq 200); do seq $i $((i + 400)) >src/f$i; done
        head -c 300000 /dev/urandom >img/picture; printf '#!/bin/sh\\n' >run; chmod 755 run
        """,
      new: """
        sed -i 's/^7$/seven/' src/f3; echo more >>src/f100; rm src/f9; seq 900 >src/new; git mv img/picture img/moved
        """)
  }

  private func delta(_ releases: TwoReleases, maxBytes: Int = 1 << 20) throws -> [UInt8]? {
    _ = try releases.reference(releases.listing("1"))
    return try DeltaFrame.make(
      of: releases.map("2.tar"), over: releases.map("reference"), maxBytes: maxBytes)
  }

  private func digest(_ bytes: [UInt8]) -> String { SHA256Digest(of: bytes).description }

  private func open(
    _ delta: [UInt8], _ releases: TwoReleases, sizeBytes: Int? = nil, sha256: String? = nil
  ) throws -> [UInt8] {
    let tar = try releases.folder.bytes("2.tar")
    let output = try releases.open("made")
    try DeltaFrame.open(
      delta, over: releases.map("reference"),
      into: MappedFile.writing(output, sizeBytes: Int64(sizeBytes ?? tar.count)),
      sha256: sha256 ?? digest(tar))
    return try releases.folder.bytes("made")
  }

  @Test func `the new release's tar comes out, of a small part of its bytes`() throws {
    let releases = try releases()
    let delta = try #require(try delta(releases))
    #expect(try open(delta, releases) == releases.folder.bytes("2.tar"))
    #expect(delta.count * 50 < (try releases.folder.bytes("2.tar.gz").count), "\(delta.count) bytes")
  }

  @Test func `what is larger than it may be is none`() throws {
    #expect(try delta(releases(), maxBytes: 100) == nil)
  }

  @Test func `over another reference nothing comes out`() throws {
    let releases = try releases()
    let delta = try #require(try delta(releases))
    var other = try releases.folder.bytes("reference")
    other[600_000] ^= 1
    try releases.folder.write(other, to: "reference")
    #expect(throws: DeltaError.self) { try open(delta, releases) }
    try releases.folder.write([UInt8](), to: "reference")
    #expect(throws: DeltaError.self) { try open(delta, releases) }
  }

  @Test func `one that was announced otherwise is refused`() throws {
    let releases = try releases()
    let delta = try #require(try delta(releases))
    let size = try releases.folder.bytes("2.tar").count
    #expect(throws: DeltaError.otherContent) { try open(delta, releases, sha256: digest([1])) }
    #expect(throws: DeltaError.otherContent) { try open(delta, releases, sizeBytes: size + 1) }
    #expect(throws: DeltaError.self) { try open(delta, releases, sizeBytes: size - 1) }
    #expect(throws: DeltaError.self) { try open(Array(delta.dropLast()), releases) }
    #expect(throws: DeltaError.self) { try open([], releases) }
  }

  @Test func `a delta with any byte changed makes nothing else of it`() throws {
    let releases = try releases()
    let delta = try #require(try delta(releases))
    let tar = try releases.folder.bytes("2.tar")
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    for _ in 0..<60 {
      var broken = delta
      broken[Int.random(in: 0..<broken.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      do { #expect(try open(broken, releases) == tar, "seed \(seed)") } catch is DeltaError {}
    }
  }

  @Test func `a disk that is full is an error`() throws {
    let releases = try releases()
    let output = try releases.open("made")
    #expect(throws: FileError.self) { try MappedFile.writing(output, sizeBytes: 1 << 55) }
  }

  @Test func `nothing at all can be mapped`() throws {
    let releases = try releases()
    let empty = try releases.open("empty")
    #expect(try MappedFile.reading(empty).bytes.isEmpty)
  }
}
