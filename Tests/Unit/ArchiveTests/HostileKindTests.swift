import Archive
import SystemPackage
import Testing

/// The kinds of archive that libarchive's own test files, and the collections of zip slips and traversals, consist
/// of, made here. Whatever comes of one, it is not that something is made beside the tree.
@Suite struct HostileKindTests {
  enum Fate { case refused, taken }

  struct Kind: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let fate: Fate
    let script: String

    init(_ name: String, _ fate: Fate, _ script: String) {
      (testDescription, self.fate, self.script) = (name, fate, script)
    }

    init(_ name: String, _ script: String) { self.init(name, .refused, script) }
  }

  /// Headers that tarfile does not write of itself.
  private static let helpers = """
    def block(name, type=b'0', size=0, link=b'', data=b'', magic=b'ustar\\x0000', prefix=b'', octal=None):
        head = bytearray(512)
        head[0:len(name)] = name
        head[100:136] = b'0000644\\x000000000\\x000000000\\x00' + (octal or b'%011o\\x00' % size)
        head[136:148] = b'14524770400\\x00'
        head[156:157], head[157:157 + len(link)], head[257:265] = type, link, magic
        head[345:345 + len(prefix)] = prefix
        head[148:156] = b' ' * 8
        head[148:156] = b'%06o\\x00 ' % sum(head)
        return bytes(head) + data + bytes(-len(data) % 512)
    def pax(records, type=b'x'):
        text = b''
        for key, value in records:
            body = b' ' + key + b'=' + value + b'\\n'
            size = len(body) + len(str(len(body) + 2))
            text += str(size).encode() + body
        return block(b'pax', type, len(text), data=text)
    good = block(b'top/good', size=1, data=b'x')
    def local(name, data, method=0, flags=0, extra=b'', crc=None, size=None, old=None):
        crc = zlib.crc32(data) if crc is None else crc
        size = len(data) if size is None else size
        return struct.pack('<4sHHHIIIIHH', b'PK\\x03\\x04', 20, flags, method, 0, crc, size,
            size if old is None else old, len(name), len(extra)) + name + extra + data
    def central(name, data, offset, method=0, flags=0, extra=b'', mode=0o100644, crc=None, size=None, old=None):
        crc = zlib.crc32(data) if crc is None else crc
        size = len(data) if size is None else size
        return struct.pack('<4sHHHHIIIIHHHHHII', b'PK\\x01\\x02', 0x314, 20, flags, method, 0, crc, size,
            size if old is None else old, len(name), len(extra), 0, 0, 0, mode << 16, offset) + name + extra
    def ended(files, directory, count=1, comment=b''):
        return files + directory + struct.pack('<4sHHHHIIH', b'PK\\x05\\x06', 0, 0, count, count, len(directory),
            len(files), len(comment)) + comment
    def one(name, data=b'x', mode=0o100644, **fields):
        write(ended(local(name, data, **fields), central(name, data, 0, mode=mode, **fields)), None)

    """

  static let tars = [
    Kind("v7, without magic", .taken, "write(block(b'top/a', magic=bytes(8)) + good + end)"),
    Kind("ustar with a prefix", .taken, "write(block(b'a', prefix=b'top/b') + good + end)"),
    Kind("a prefix that leaves", "write(block(b'a', prefix=b'top/../..') + good + end)"),
    Kind("an absolute prefix", "write(block(b'a', prefix=b'/top') + good + end)"),
    Kind(
      "GNU long name that leaves",
      "n = b'top/' + b'd/' * 60 + b'../' * 70 + b'x\\0'; "
        + "write(block(b'././@LongLink', b'L', len(n), data=n, magic=b'ustar  \\0') + good + end)"),
    Kind(
      "GNU long link that leaves",
      "n = b'a/../' * 40 + b'../x\\0'; "
        + "write(block(b'././@LongLink', b'K', len(n), data=n, magic=b'ustar  \\0') "
        + "+ block(b'top/l', b'2', link=b'good', magic=b'ustar  \\0') + good + end)"),
    Kind("pax path that leaves", "write(pax([(b'path', b'top/../../x')]) + good + end)"),
    Kind("pax path, absolute", "write(pax([(b'path', b'/etc/x')]) + good + end)"),
    Kind(
      "pax path that ends at its NUL", .taken, "write(pax([(b'path', b'top/a\\0/../../x')]) + good + end)"),
    Kind("pax path, twice", "write(pax([(b'path', b'top/a'), (b'path', b'../x')]) + good + end)"),
    Kind(
      "pax path for all that follows is none", .taken, "write(pax([(b'path', b'../x')], b'g') + good + end)"),
    Kind(
      "pax linkpath that leaves",
      "write(pax([(b'linkpath', b'../../x')]) + block(b'top/l', b'2', link=b'good') + good + end)"),
    Kind(
      "pax linkpath of a hard link",
      "write(good + pax([(b'linkpath', b'/etc/passwd')]) + block(b'top/l', b'1', link=b'top/good') + end)"),
    Kind("pax binary name", "write(pax([(b'hdrcharset', b'BINARY'), (b'path', b'top/\\xff')]) + good + end)"),
    Kind("pax size beyond the file", "write(pax([(b'size', b'99999999999')]) + good + end)"),
    Kind("pax size below zero", "write(pax([(b'size', b'-1')]) + good + end)"),
    Kind(
      "pax record of a wrong length",
      "write(block(b'pax', b'x', 16, data=b'99 path=../x\\n...') + good + end)"),
    Kind(
      "pax record without a length", "write(block(b'pax', b'x', 16, data=b'path=../x\\n......') + good + end)"
    ),
    Kind(
      "GNU sparse 0.1",
      "write(pax([(b'GNU.sparse.major', b'0'), (b'GNU.sparse.minor', b'1'), "
        + "(b'GNU.sparse.map', b'0,1'), (b'GNU.sparse.name', b'../x'), (b'GNU.sparse.size', b'9')]) + good + end)"
    ),
    Kind("GNU sparse name that leaves", "write(pax([(b'GNU.sparse.name', b'../x')]) + good + end)"),
    Kind(
      "old GNU sparse, without a hole", .taken,
      "write(block(b'top/a', b'S', magic=b'ustar  \\0') + good + end)"),
    Kind(
      "GNU volume label is passed over", .taken,
      "write(block(b'top', b'V', magic=b'ustar  \\0') + good + end)"),
    Kind("GNU part of a file", "write(block(b'top/a', b'M', magic=b'ustar  \\0') + good + end)"),
    Kind(
      "GNU dump directory is a directory", .taken,
      "write(block(b'top/a', b'D', magic=b'ustar  \\0') + good + end)"),
    Kind("a type that nobody knows is a file (POSIX)", .taken, "write(block(b'top/a', b'Q') + good + end)"),
    Kind("a contiguous file is a file (POSIX)", .taken, "write(block(b'top/a', b'7') + good + end)"),
    Kind("a size below zero in base 256", "write(block(b'top/a', octal=b'\\xff' * 12) + good + end)"),
    Kind(
      "a size of 2^62 in base 256",
      "write(block(b'top/a', octal=b'\\x80\\0\\0\\0\\x40' + bytes(7)) + good + end)"),
    Kind("a link with data", "write(block(b'top/l', b'2', 1, b'good', b'x') + good + end)"),
    Kind("a directory with data", "write(block(b'top/d/', b'5', 1, data=b'x') + good + end)"),
    Kind("a name of a hundred bytes has no NUL", .taken, "write(block(b'top/' + b'a' * 96) + good + end)"),
    Kind("a name of nothing", "write(block(b'') + good + end)"),
    Kind(
      "a checksum that is wrong", "b = bytearray(block(b'top/a')); b[0] = 84; write(bytes(b) + good + end)"),
    Kind(
      "a directory that becomes a link",
      "tar(d('top/d'), f('top/d/a'), l('top/d', '/etc'), f('top/d/passwd'))"),
    Kind("a link that becomes a directory", "tar(l('top/d', '/etc'), d('top/d'), f('top/d/passwd'))"),
    Kind(
      "a file through a link of a link",
      "tar(l('top/a', '.'), l('top/b', 'a/..'), f('top/b/x'))"),
    Kind(
      "a file written twice through a hard link", "tar(f('top/a'), h('top/b', 'top/a'), f('top/b', b'y'))"),
    Kind("a hard link to a link that leaves", "tar(l('top/a', '../x'), h('top/b', 'top/a'), f('top/b'))"),
    Kind("gzip in gzip", "write(gzip.compress(raw(f('top/a'))))"),
    Kind("xz in gzip", "write(lzma.compress(raw(f('top/a'))))"),
  ]

  static let zips = [
    Kind("a plain one, as these are made", .taken, "one(b'top/a')"),
    Kind("up by many", "one(b'../../../../../../../../etc/x')"),
    Kind("up from within", "one(b'top/../../x')"),
    Kind("up with backslashes", "one(b'..\\\\..\\\\x')"),
    Kind("up with both", "one(b'top\\\\../../x')"),
    Kind("a drive is a directory", .taken, "one(b'C:\\\\x')"),
    Kind("a share", "one(b'\\\\\\\\host\\\\share\\\\x')"),
    Kind("two slashes in front", "one(b'//etc/x')"),
    Kind("a name ends at its NUL", .taken, "one(b'top/a\\0/../../x')"),
    Kind("a name of dots", .taken, "one(b'top/.../x')"),
    Kind("percent signs are no dots", .taken, "one(b'top/%2e%2e%2fx')"),
    Kind("overlong UTF-8 for dots", "one(b'top/\\xc0\\xae\\xc0\\xae/x')"),
    Kind("CP437 bytes", "one(b'top/\\x81')"),
    Kind(
      "a Unicode name beside the name",
      "e = b'top/../../x'; n = b'top/a'; one(n, extra=struct.pack('<HHBI', 0x7075, len(e) + 5, 1, zlib.crc32(n)) + e)"
    ),
    Kind("a link that leaves", "one(b'top/l', b'../../etc/passwd', 0o120777)"),
    Kind("a target ends at its NUL", .taken, "one(b'top/l', b'a\\0b', 0o120777)"),
    Kind("a directory with data", "one(b'top/d/', b'x', 0o040755)"),
    Kind("a fifo is a file, as Java writes them", .taken, "one(b'top/a', b'', 0o010644)"),
    Kind("a socket", "one(b'top/a', b'', 0o140644)"),
    Kind("bzip2 within", "import bz2; one(b'top/a', bz2.compress(b'x'), method=12)"),
    Kind("a method that nobody knows", "one(b'top/a', method=99)"),
    Kind("strong encryption", "one(b'top/a', flags=0x41)"),
    Kind("a masked directory of entries, not masked", .taken, "one(b'top/a', flags=0x2000)"),
    Kind("more bytes than announced", "one(b'top/a', zlib.compress(bytes(9999))[2:-4], method=8, old=1)"),
    Kind("fewer bytes than announced", "one(b'top/a', zlib.compress(b'x')[2:-4], method=8, old=9999)"),
    Kind(
      "a directory of entries that says another size",
      "write(ended(local(b'top/a', b'xy'), central(b'top/a', b'x', 0)), None)"),
    Kind(
      "a directory of entries that makes a link of it",
      "write(ended(local(b'top/a', b'/etc'), central(b'top/a', b'/etc', 0, mode=0o120777)), None)"),
    Kind(
      "two entries for one file are that file", .taken,
      "a = local(b'top/a', b'x'); write(ended(a, central(b'top/a', b'x', 0) + central(b'top/b', b'x', 0), 2), None)"
    ),
    Kind(
      "an entry beyond the end", "write(ended(local(b'top/a', b'x'), central(b'top/a', b'x', 1 << 20)), None)"
    ),
    Kind(
      "more entries announced than there are are not waited for", .taken,
      "write(ended(local(b'top/a', b'x'), central(b'top/a', b'x', 0), 9), None)"),
    Kind(
      "an entry that only the files have is none", .taken,
      "write(ended(local(b'../b', b'x') + local(b'top/a', b'x'), central(b'top/a', b'x', 34 + 1)), None)"),
    Kind(
      "another zip in the comment",
      "a = ended(local(b'../b', b'x'), central(b'../b', b'x', 0)); "
        + "write(ended(local(b'top/a', b'x'), central(b'top/a', b'x', 0), comment=a), None)"),
  ]

  @Test(arguments: tars + zips)
  func `nothing is made beside the tree`(kind: Kind) throws {
    let workshop = try Workshop()
    let archive = try workshop.archive(Self.helpers + kind.script)
    try workshop.shell("mkdir -p jail/a/out; echo one > jail/a/beside")
    let out = workshop.path("jail/a/out")
    let refusal = refusal(archive, into: out)
    let words = refusal?.description ?? ""
    #expect((refusal == nil ? .taken : .refused) == kind.fate, "\(words)")
    #expect(words.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(words)")
    let others = try workshop.shell(
      "cat jail/a/beside; find jail -mindepth 1 -path jail/a/out -prune -o -print")
    #expect(others == "one\njail/a\njail/a/beside")
    let leaving = "find . -type l | while read l; do readlink -m \"$l\"; done | grep -v \"^$PWD/\" || :"
    #expect(try workshop.shell(leaving, in: "jail/a/out") == "")
  }

  private func refusal(_ archive: FilePath, into out: FilePath) -> ArchiveError? {
    do throws(ArchiveError) {
      let manifest = try ArchiveJudge.inspect(archive)
      try ArchiveExtractor.extract(archive, into: out, manifest: manifest)
      try ArchiveExtractor.verifyTree(out, manifest: manifest)
      return nil
    } catch {
      return error
    }
  }
}
