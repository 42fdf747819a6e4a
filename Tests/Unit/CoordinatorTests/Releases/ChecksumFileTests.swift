import Release
import Testing

@testable import Catalogue
@testable import Coordinator

@Suite struct ChecksumFileTests {
  private static let one = String(repeating: "ab", count: 32)
  private static let two = String(repeating: "cd", count: 32)

  private func said(_ text: String, of name: String = "a.tgz") -> String {
    do throws(ChecksumFile.Refusal) {
      let digest = try ChecksumFile.digest(of: name, in: text).description
      return digest == Self.one ? "one" : digest
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    "\(one)  a.tgz\n", "\(one) *a.tgz", "\(one)  ./a.tgz\r\n", "\(one) a.tgz", "\(one.uppercased())  a.tgz\n",
    "\(two)  b.tgz\n\(one)  a.tgz\n\(two)  a.tgz.sig\n", "SHA256 (a.tgz) = \(one)\n",
    "SHA512 (a.tgz) = \(two)\(two)\nSHA256 (a.tgz) = \(one)\n", "# a list\n\n\(one)  a.tgz\n",
    "\(one)  a.tgz\n\(one)  a.tgz\n", "\(one)\n", "  \(one)  ",
  ])
  func `what lists of digests look like is read`(text: String) {
    #expect(said(text) == "one")
  }

  @Test(arguments: [
    "", "<html>", "\(one)  A.tgz", "\(one)  dir/a.tgz", "\(one)  a.tgz ", "\(one)  a.tgz\u{301}",
    "a.tgz  \(one)",
    "\(one.dropLast())  a.tgz", "MD5 (a.tgz) = \(one)", "SHA256 (b) (a.tgz) = \(one)x", "\(one)\n\(two)",
    "\\\(one)  a.tgz", "SHA256 (a.tgz) \(one)",
  ])
  func `what is not about the file proves nothing`(text: String) {
    #expect(said(text) == "missing")
  }

  @Test(arguments: [
    "\(one)  a.tgz\n\(two)  a.tgz\n", "\(one)  a.tgz\n\(two) *./a.tgz",
    "SHA256 (a.tgz) = \(two)\n\(one)  a.tgz",
  ])
  func `two digests for one name are no digest`(text: String) {
    #expect(said(text) == "twice")
  }
}
