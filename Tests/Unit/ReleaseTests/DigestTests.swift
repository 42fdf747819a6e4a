import Foundation
import Release
import Testing

@Suite struct DigestTests {
  let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  @Test func `a digest is sixty-four hexadecimal digits`() {
    #expect(SHA256Digest(empty)?.description == empty)
    #expect(SHA256Digest(empty.uppercased())?.description == empty)
    #expect(SHA256Digest(String(empty.dropLast())) == nil)
    #expect(SHA256Digest(empty + "0") == nil)
    #expect(SHA256Digest("g" + empty.dropFirst()) == nil)
    #expect(SHA256Digest("") == nil)
  }

  @Test func `an object ID is forty hexadecimal digits`() {
    let id = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    #expect(ObjectID(id)?.description == id)
    #expect(ObjectID(id)?.short == "4b825dc")
    #expect(ObjectID(empty) == nil)
    #expect(ObjectID("HEAD") == nil)
  }

  @Test func `the stream agrees with FIPS 180 wherever it is cut`() {
    var stream = SHA256Stream()
    #expect(stream.finalize().description == empty)
    stream.update(Array("a".utf8))
    stream.update([])
    stream.update(Array("bc".utf8))
    #expect(
      stream.finalize().description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func `digests are coded as text`() throws {
    let digest = try #require(SHA256Digest(empty))
    let json = try JSONEncoder().encode([digest])
    #expect(String(decoding: json, as: UTF8.self) == "[\"\(empty)\"]")
    #expect(try JSONDecoder().decode([SHA256Digest].self, from: json) == [digest])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([SHA256Digest].self, from: Data("[\"00\"]".utf8))
    }
  }
}
