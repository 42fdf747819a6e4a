import SystemPackage

@testable import Archive

private let hasLocale = ArchiveLocale.set()

/// Of an archive that is not refused every name stays in the tree, and what is extracted is what was judged.
func readArchive(_ bytes: [UInt8]) throws(Broken) {
  try require(hasLocale, "there is no C.UTF-8 locale")
  if let comment = PaxGlobalHeader.comment(inHead: bytes) {
    try require(comment.utf8.count < bytes.count * 3 + 1, "a comment longer than its header")
  }
  try Scratch.write(bytes, to: "archive")
  let path = Scratch.folder.appending("archive")
  for strips in [true, false, nil] {
    let manifest: ArchiveManifest
    do throws(ArchiveError) {
      manifest =
        if let strips {
          try ArchiveJudge.inspect(path, limits: limits, strippingTopDirectory: strips)
        } else {
          try ArchiveJudge.inspect(path, limits: limits)
        }
    } catch {
      try requireShown(error.description, "why an archive is refused")
      continue
    }
    for entry in manifest.entries { try requireInside(entry) }
    try extract(path, manifest)
  }
}

/// Smaller than in earnest, so that each of them is met.
private let limits: ArchiveLimits = {
  var limits = ArchiveLimits()
  limits.maxEntries = 64
  limits.maxFileBytes = 1 << 20
  limits.maxTotalBytes = 2 << 20
  limits.maxDepth = 16
  return limits
}()

private func requireInside(_ entry: ArchiveEntry) throws(Broken) {
  let names = entry.path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
  let bad = names.contains { ["", ".", ".."].contains(String(utf8: Array($0))) }
  try require(!bad && !entry.path.utf8.contains(0), "a name that leaves: \(entry.path.debugDescription)")
  guard let target = entry.target else { return }
  // By the text alone a link may go up as far as it lies deep.
  let up = target.utf8.split(separator: UInt8(ascii: "/")).prefix { $0.elementsEqual("..".utf8) }.count
  try require(
    !target.utf8.starts(with: "/".utf8) && up < names.count, "a link that leaves: \(entry.path) -> \(target)")
}

private func extract(_ archive: FilePath, _ manifest: ArchiveManifest) throws(Broken) {
  let folder = Scratch.folder.appending("tree")
  Scratch.make("tree")
  defer { Scratch.remove("tree") }
  do throws(ArchiveError) {
    try ArchiveExtractor.extract(archive, into: folder, manifest: manifest, limits: limits)
    try ArchiveExtractor.verifyTree(folder, manifest: manifest)
  } catch {
    throw Broken("what was judged to be good cannot be extracted: \(error)")
  }
}
