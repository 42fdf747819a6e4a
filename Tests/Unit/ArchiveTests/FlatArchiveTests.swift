import Archive
import SystemPackage
import Testing

/// Archives as people make them: with one folder around everything, or without.
@Suite struct FlatArchiveTests {
  private let workshop: Workshop

  init() throws { workshop = try Workshop() }

  /// What lies in the tree, with modes.
  private func tree(_ archive: FilePath) throws -> (top: String?, listing: String) {
    let manifest = try ArchiveJudge.inspect(archive)
    try workshop.shell("mkdir out")
    try ArchiveExtractor.extract(archive, into: workshop.path("out"), manifest: manifest)
    try ArchiveExtractor.verifyTree(workshop.path("out"), manifest: manifest)
    let listing = try workshop.shell("find . -mindepth 1 -printf '%P %m\\n' | LC_ALL=C sort", in: "out")
    return (manifest.topDirectory, listing.split(separator: "\n").joined(separator: ", "))
  }

  @Test(arguments: [
    "tar -C app -czf a .", "tar -C app -czf a VERSION bin", "cd app; tar -cJf ../a ./bin ./VERSION",
    "cd app; tar -cf ../a *", "cd app; python3 -m zipfile -c ../a VERSION bin",
  ])
  func `without a folder around it everything is taken as it lies`(maker: String) throws {
    try workshop.shell(
      "mkdir -p app/bin; echo 1 > app/VERSION; echo x > app/bin/run; chmod 755 app/bin/run; \(maker)")
    let (top, listing) = try tree(workshop.path("a"))
    #expect(top == nil)
    #expect(listing == "VERSION 644, bin 755, bin/run 755")
  }

  @Test(arguments: [
    "tar -czf a app", "tar -czf a ./app", "tar -c app | zstd -q > a", "python3 -m zipfile -c a app",
    "tar -czf a app/VERSION app/bin/run",
  ])
  func `one folder around everything is left out`(maker: String) throws {
    try workshop.shell(
      "mkdir -p app/bin; echo 1 > app/VERSION; echo x > app/bin/run; chmod 755 app/bin/run; \(maker)")
    let (top, listing) = try tree(workshop.path("a"))
    #expect(top == "app")
    #expect(listing == "VERSION 644, bin 755, bin/run 755")
  }

  @Test func `a zip that says no modes has no file that can be run, and can be read`() throws {
    let archive = try workshop.archive(
      """
      with zipfile.ZipFile(out, 'w') as archive:
          for name in ('app/bin/', 'app/bin/run', 'app/VERSION'):
              info = zipfile.ZipInfo(name)
              info.create_system, info.external_attr = 0, 0x10 if name.endswith('/') else 0
              archive.writestr(info, b'' if name.endswith('/') else b'x')
      """)
    let (top, listing) = try tree(archive)
    #expect(top == "app")
    #expect(listing == "VERSION 644, bin 755, bin/run 644")
  }
}
