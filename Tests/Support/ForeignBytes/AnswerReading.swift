import ByteText
import Foundation
import Release

@testable import Catalogue
@testable import Download
@testable import Inventory
@testable import Minisign

/// A server's answer leads nowhere with the token, gives nobody a page of another, and comes to a person shown.
func readAnswer(_ bytes: [UInt8]) throws(Broken) {
  guard let api = WebAddress("https://api.example.org/repos"), let origin = WebOrigin(of: api.text) else {
    throw Broken("the address of this test is none")
  }
  let exchange = Exchange(api, isCancelled: { false }, consume: { _, _ in nil })
  var rest = bytes[...]
  while let end = rest.firstIndex(of: 0x0A) {
    let line = rest[..<end]
    rest = rest[(end + 1)...]
    if line.isEmpty || line.elementsEqual([0x0D]) { break }
    _ = line.withUnsafeBytes { exchange.take(header: $0) }
  }
  let headers = exchange.headers
  for field in headers.fields { try require(!field.value.utf8.contains(0x0A), "a line end in a header") }
  try require((exchange.announcedBytes ?? 0) >= 0, "an answer of less than nothing")
  if let range = ContentRange(headers["Content-Range"]) { _ = (range.first, range.total) }

  for location in headers.fields.map(\.value) {
    let request = HTTPRequest(api.text, headers: ["Authorization": "Bearer secret", "Accept": "x"])
    if let (next, target) = try? RedirectRule.next(after: request, at: api, from: api, location: location) {
      try require(target.scheme == "https", "from https to \(target.text)")
      try require(
        next.headers["Authorization"] == nil || target.hasOrigin(of: api), "the token goes to \(target.text)")
      try require(WebAddress(next.url) == target, "\(next.url) is not where it was judged to lead")
    }
    let page = origin.resolving(location)
    if origin.holds(page), let address = WebAddress(page) {
      try require(address.hasOrigin(of: api), "libcurl reads another host in \(page)")
    }
    if let target = LinkHeader.target(rel: "next", in: location) {
      try require(location.holds("<\(target)>"), "a target that is not there: \(target)")
    }
  }
  try readBody(Array(rest), status: exchange.status, headers)
}

private func readBody(_ body: [UInt8], status: Int, _ headers: HTTPHeaders) throws(Broken) {
  let refusal = RepositoryRefusal(
    api: RepositoryAPI(gitHub: "owner/app", api: "https://api.example.org"), host: "api.example.org",
    tokenVariable: "TOKEN", hasToken: status % 2 == 0)
  let failure = refusal.failure(
    status: status, headers: headers, body: body, asking: "tags", now: 1_795_342_500)
  // Whoever shows it bounds it; what makes a person act must be among the first of it.
  try require("\(failure.error)".utf8.count < 4_000, "a refusal without end")
  if let tags = try? RepositoryAPI.tags(in: body) {
    for tag in tags {
      let name = TagName(tag.name)
      try require(name.map { $0.text == tag.name } ?? true, "another name of a tag: \(tag.name)")
    }
  }
  try readListings(body)
  if let page = try? JSONDecoder().decode(TagPage.self, from: Data(body)) {
    let again = try mustWork("a page of tags") {
      try JSONDecoder().decode(TagPage.self, from: JSONEncoder().encode(page))
    }
    try require(again == page, "another page of tags after a trip")
  }
  if let lock = try? FleetLock(decoding: body) {
    let again = try mustWork("fleet.lock") { try FleetLock(decoding: try lock.encoded()) }
    try require(again == lock, "another fleet.lock after a trip")
  }
}

/// What says where archives lie and what they are leads nowhere but where it was judged to.
private func readListings(_ body: [UInt8]) throws(Broken) {
  let limits = CatalogueLimits()
  do throws(ReleaseIndex.Refusal) {
    _ = try ReleaseIndex(decoding: body, limits: limits)
  } catch {
    try requireShown(error.text, "why an index is refused")
  }
  let archives = (try? ReleaseIndex(decoding: body, limits: limits))?.releases.flatMap(\.archives) ?? []
  for archive in archives {
    let folder = "https://api.example.org/dl/"
    guard let address = ReleaseIndex.address(archive.url, from: folder + "releases.json"),
      address != archive.url
    else { continue }
    // libcurl takes dots out of a path.
    let read = WebAddress(address)?.text ?? ""
    try require(read.utf8.starts(with: folder.utf8), "\(archive.url.debugDescription) leads to \(read)")
  }
  if let release = try? JSONDecoder().decode(ListedRelease.self, from: Data(body)),
    let tag = TagName(release.tagName)
  {
    let pick = AssetPick(
      rule: AssetRule(name: "{tag}.tgz"), tag: tag, assets: release.assets ?? [], limits: limits)
    do throws(CatalogueError) { _ = try pick.archive() } catch {
      try require("\(error)".utf8.count < 4_000, "a refusal without end")
    }
  }
  let text = String(decoding: body, as: UTF8.self)
  _ = try? ChecksumFile.digest(of: "a.tgz", in: text)
  try readPackageIndex(body)
  try readSignature(text)
  try readGit(text)
}

/// Whatever files an index lists, a version is listed once, and its archive is one of that version.
private func readPackageIndex(_ body: [UInt8]) throws(Broken) {
  guard let index = PackageIndex(decoding: body, project: "A-pp.x") else { return }
  try require(
    Set(index.releases.map { Array($0.version.utf8) }).count == index.releases.count, "a version twice")
  for release in index.releases {
    try require(
      release.standing != .released || release.source != nil, "a release without an archive")
    guard let source = release.source else { continue }
    let read = PackageIndex.version(source.filename, of: "a_pp-X")
    try require(read?.isSource == true, "\(source.filename.debugDescription) is no source distribution")
    try require(
      read?.version.utf8.elementsEqual(release.version.utf8) == true,
      "\(source.filename.debugDescription) for \(release.version.debugDescription)")
  }
}

/// What is taken for a signature has the parts of one, and its comment is one line.
private func readSignature(_ text: String) throws(Broken) {
  _ = MinisignKey(text).map { $0.shownID }
  guard let signature = MinisignSignature(text) else { return }
  try require(signature.keyID.count == MinisignKey.idByteCount, "an id of another length")
  try require(signature.bytes.count == MinisignSignature.byteCount, "a signature of another length")
  try require(!signature.trustedComment.utf8.contains(0x0A), "a comment of two lines")
}

/// Of what git lists only names of tags are releases, and what it says to a person is shown.
private func readGit(_ text: String) throws(Broken) {
  for tag in GitSource.tags(text, prefix: "app/").versions {
    try require(TagName(tag.name)?.text == tag.name, "another name of a tag: \(tag.name.debugDescription)")
  }
  try requireShown(GitProgram.why(text), "why git did not do it")
}
