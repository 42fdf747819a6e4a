import Download
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Downloads a path of the double's into a file of its directory.
private func fetch(
  _ web: WebDouble, _ path: String, resume: Bool = true, _ limits: DownloadLimits = limits(),
  isCancelled: @escaping () -> Bool = { false }
) throws -> DownloadedFile {
  try HTTPClient().download(
    HTTPRequest(web.base + path), to: FilePath(web.directory.file("part")), resume: resume, limits: limits,
    isCancelled: isCancelled)
}

private final class Seen {
  private(set) var last: DownloadProgress?
  func note(_ progress: DownloadProgress) { last = progress }
}

private func once() -> DownloadLimits { limits { $0.maxAttempts = 1 } }

@Suite("A file's download") struct FileDownloadTests {
  @Test func `has every byte and reports its progress`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let seen = Seen()
      let file = try HTTPClient().download(
        HTTPRequest(web.base + "/data/3000000"), to: FilePath(web.directory.file("part")), limits: limits(),
        progress: seen.note)
      #expect(file.bytes == 3_000_000)
      #expect(file.attempts == 1)
      #expect(try web.directory.bytes("part") == served(3_000_000))
      #expect(seen.last == DownloadProgress(receivedBytes: 3_000_000, totalBytes: 3_000_000))
      #expect(!web.directory.has("part.etag"))
    }
  }

  @Test func `goes on after each cut where it was`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let file = try fetch(web, "/cut/5000/1000/3")
      #expect(file.attempts == 4)
      #expect(file.resumedBytes == 3000)
      #expect(try web.directory.bytes("part") == served(5000))
      let path = "/cut/5000/1000/3 - -"
      #expect(
        try web.requests() == [
          "\(path) - -", "\(path) bytes=1000- \"cut\"", "\(path) bytes=2000- \"cut\"",
          "\(path) bytes=3000- \"cut\"",
        ])
    }
  }

  @Test func `goes on in a later run`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      guard case .cut(_, 1000, _) = try downloadError({ _ = try fetch(web, "/cut/5000/1000/1", once()) })
      else {
        Issue.record("it was not cut")
        return
      }
      #expect(try web.directory.bytes("part") == served(1000))
      #expect(try fetch(web, "/cut/5000/1000/1").resumedBytes == 1000)
      #expect(try web.directory.bytes("part") == served(5000))
    }
  }

  @Test func `begins anew when it is told to`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      _ = try? fetch(web, "/cut/5000/1000/1", once())
      let file = try fetch(web, "/cut/5000/1000/1", resume: false)
      #expect(file.resumedBytes == 0)
      #expect(try web.requests().last == "/cut/5000/1000/1 - - - -")
      #expect(try web.directory.bytes("part") == served(5000))
    }
  }

  @Test(arguments: ["deaf", "weak", "other"])
  func `begins anew where ranges or versions cannot be trusted`(kind: String) async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let file = try fetch(web, "/\(kind)/5000/1000/2")
      #expect(file.resumedBytes == 0)
      #expect(file.attempts == 3)
      #expect(try web.directory.bytes("part") == served(5000))
    }
  }

  @Test func `begins anew when another part comes than was asked for`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let file = try fetch(web, "/wrong")
      #expect(file.attempts == 3)
      #expect(try web.directory.bytes("part") == served(5000))
    }
  }

  @Test func `never goes on with a part of another address`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      _ = try? fetch(web, "/cut/5000/1000/1", once())
      // It has the same ETag, so that the server would take one for the other.
      _ = try fetch(web, "/cut/3000/0/0")
      #expect(try web.requests().last == "/cut/3000/0/0 - - - -")
      #expect(try web.directory.bytes("part") == served(3000))
    }
  }

  @Test func `is content with a part that is whole already`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      _ = try? fetch(web, "/cut/5000/5000/9", once())
      try web.directory.write("\"cut\"\n\(web.base)/cut/5000/5000/9\n", to: "part.etag")
      let file = try fetch(web, "/cut/5000/5000/9")
      #expect(file.resumedBytes == 5000)
      #expect(try web.directory.bytes("part") == served(5000))
    }
  }

  @Test func `stops at the limit, keeps nothing, and does not try again`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      for path in ["/endless", "/data/100001"] {
        let error = try downloadError { _ = try fetch(web, path, limits(100_000)) }
        #expect(error == .tooLarge(url: web.base + path, limitBytes: 100_000))
        #expect(try web.directory.bytes("part").isEmpty)
      }
      #expect(try web.requests().count == 2)
    }
  }

  @Test func `counts what was there before against the limit`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      _ = try? fetch(web, "/cut/5000/1000/1", once())
      let error = try downloadError { _ = try fetch(web, "/cut/5000/1000/1", limits(4999)) }
      #expect(error == .tooLarge(url: web.base + "/cut/5000/1000/1", limitBytes: 4999))
    }
  }

  @Test func `waits out a busy server`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let file = try fetch(web, "/busy/2/500")
      #expect(file.attempts == 3)
      #expect(try web.directory.bytes("part") == served(500))
    }
  }

  @Test func `gives up in the end, with what the server said`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let three = limits { $0.maxAttempts = 3 }
      let error = try downloadError { _ = try fetch(web, "/busy/9/500", three) }
      #expect(error == .httpStatus(url: web.base + "/busy/9/500", code: 503, excerpt: "busy\\u{1b}[31m"))
      #expect(try web.requests().count == 3)
    }
  }

  @Test func `does not try again what will not pass, and keeps the part`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let error = try downloadError { _ = try fetch(web, "/status/404") }
      #expect(
        error == .httpStatus(url: web.base + "/status/404", code: 404, excerpt: "no \\u{1b}[31mgood\\u{a}"))
      #expect(try web.requests().count == 1)
    }
  }

  @Test func `gives up a server that falls silent, and can go on later`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      let hasty = limits {
        $0.maxAttempts = 1
        $0.lowSpeedSeconds = 3
      }
      guard case .timeout(_, 10, _) = try downloadError({ _ = try fetch(web, "/stall/10", hasty) }) else {
        Issue.record("it went on")
        return
      }
    }
  }

  @Test func `can be cancelled, also between two attempts`() async throws {
    let web = try WebDouble()
    try await onOwnThread {
      #expect(try downloadError { _ = try fetch(web, "/stall/10", isCancelled: { true }) } == .cancelled)
      let patient = limits { $0.firstPauseSeconds = 60 }
      let requests = web.directory.file("requests")
      let error = try downloadError {
        _ = try fetch(web, "/busy/9/10", patient) {
          (try? String(contentsOfFile: requests, encoding: .utf8))?.contains("/busy") == true
        }
      }
      #expect(error == .cancelled)
    }
  }

  @Test func `says that the disk is full`() async throws {
    let web = try WebDouble()
    let disk = web.directory.file("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
    try Child(["/usr/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).finish()
    defer { try? Child(["/usr/bin/umount", disk]).finish() }
    try await onOwnThread {
      let part = FilePath(disk + "/part")
      let error = try downloadError {
        _ = try HTTPClient().download(HTTPRequest(web.base + "/data/500000"), to: part, limits: limits())
      }
      #expect(error == .writeFailed(path: part, errno: .noSpace))
      #expect("\(error)" == "\(part): the disk is full")
    }
  }

  @Test func `does not write through a symbolic link`() async throws {
    let web = try WebDouble()
    try web.directory.write("precious", to: "target")
    try FileManager.default.createSymbolicLink(
      atPath: web.directory.file("part"), withDestinationPath: web.directory.file("target"))
    try await onOwnThread {
      let error = try downloadError { _ = try fetch(web, "/data/10") }
      #expect(
        error == .writeFailed(path: FilePath(web.directory.file("part")), errno: .tooManySymbolicLinkLevels))
      #expect(try web.directory.read("target") == "precious")
    }
  }
}
