import Archive
import Foundation
import Release
import SystemPackage

/// A directory of its own for each test, where archives are made; removed with it.
final class Workshop {
  let root: String

  private static let isLocaleSet = ArchiveLocale.set()

  init() throws {
    guard Self.isLocaleSet else { throw Failure(text: "no C.UTF-8 locale") }
    root = NSTemporaryDirectory() + "/fleet-archive-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  struct Failure: Error { let text: String }

  func path(_ name: String) -> FilePath { FilePath(root).appending(name) }

  /// Runs a program in the workshop and returns what it printed.
  @discardableResult
  func run(_ program: String, _ arguments: [String], in folder: String = "") throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: root + "/" + folder)
    process.environment = [
      "PATH": "/usr/bin:/bin", "HOME": root, "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
      "GIT_COMMITTER_EMAIL": "a@b",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(text: "\(program) \(arguments): \(text)") }
    return text.trimmingCharacters(in: .newlines)
  }

  @discardableResult
  func shell(_ script: String, in folder: String = "") throws -> String {
    try run("/bin/sh", ["-euc", script], in: folder)
  }

  /// Makes an archive with Python's tarfile and zipfile, which write whatever they are told. `script` sees
  /// `out` and the helpers of the preamble.
  func archive(_ script: String, name: String = "a") throws -> FilePath {
    try run("/usr/bin/python3", ["-c", Self.preamble + script, root + "/" + name])
    return path(name)
  }

  private static let preamble = """
    import io, os, struct, sys, tarfile, zipfile, gzip, lzma, zlib
    out = sys.argv[1]
    def member(name, type, data=b'', **fields):
        info = tarfile.TarInfo(name)
        info.type, info.size, info.mode, info.mtime = type, len(data), 0o644, 1700000000
        for key, value in fields.items(): setattr(info, key, value)
        return info, data
    def f(name, data=b'x', **fields): return member(name, tarfile.REGTYPE, data, **fields)
    def d(name, **fields): return member(name, tarfile.DIRTYPE, **{'mode': 0o755, **fields})
    def l(name, target): return member(name, tarfile.SYMTYPE, linkname=target, mode=0o777)
    def h(name, target, data=b''): return member(name, tarfile.LNKTYPE, data, linkname=target)
    def raw(*members, format=tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode='w', format=format, errors='surrogateescape') as tar:
            for info, data in members: tar.addfile(info, io.BytesIO(data))
        return buffer.getvalue()
    def body(*members, **options):
        "the members without the end of the archive"
        whole = raw(*members, **options)
        buffer = io.BytesIO(whole)
        with tarfile.open(fileobj=buffer) as tar:
            for _ in tar: pass
            return whole[:tar.offset]
    end = bytes(1024)
    def write(content, compress=gzip.compress):
        with open(out, 'wb') as file: file.write(compress(content) if compress else content)
    def tar(*members, **options): write(raw(*members, **options))
    def zip(*members, comment=b''):
        with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
            for name, data, mode in members:
                info = zipfile.ZipInfo('placeholder')
                info.filename, info.create_system, info.external_attr = name, 3, mode << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, data)
            archive.comment = comment

    """
}
