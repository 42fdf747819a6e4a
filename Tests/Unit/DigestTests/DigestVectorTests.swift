import Digest
import Testing

/// Known answers: FIPS 180-4's examples, and RFC 2202's for HMAC.
struct DigestVectorTests {
  private static let two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (two, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
  ])
  func `SHA-256 as it is published`(text: String, digest: String) {
    #expect(hex(SHA256.hash(Array(text.utf8))) == digest)
  }

  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (two, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
  ])
  func `SHA-1 as it is published`(text: String, digest: String) {
    var hash = SHA1()
    hash.update(Array(text.utf8))
    #expect(hex(hash.finalize()) == digest)
  }

  @Test(arguments: [
    ([UInt8](repeating: 0x0b, count: 20), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
    (Array("Jefe".utf8), "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    (
      [UInt8](repeating: 0xaa, count: 80), "Test Using Larger Than Block-Size Key - Hash Key First",
      "aa4ae5e15272d00e95705637ce8a3b55ed402112"
    ),
  ])
  func `a keyed one as it is published`(key: [UInt8], message: String, code: String) {
    #expect(hex(SHA1.authenticationCode(of: Array(message.utf8), key: key)) == code)
  }

  /// Each way to cut the bytes in two, over the edges of blocks.
  @Test func `pieces are as good as the whole, and more may follow a digest`() {
    let bytes = (0..<200).map { UInt8($0) }
    for cut in 0...bytes.count {
      var hash = SHA256()
      hash.update(Array(bytes[..<cut]))
      #expect(hash.finalize() == SHA256.hash(Array(bytes[..<cut])))
      hash.update(Array(bytes[cut...]))
      #expect(hash.finalize() == SHA256.hash(bytes))
      let copy = hash
      hash.update([1])
      #expect(copy.finalize() == SHA256.hash(bytes))
    }
  }
}
