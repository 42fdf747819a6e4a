import Text
import ByteText
import Files
import SystemPackage

/// Finds and reads the file with the app's profiles.
struct ProfileFile {
  let app: String
  let location: InventoryLocation
  let findings: Findings

  /// One node for each profile: the file may hold one, a list of them, or several documents.
  func read() -> [YAMLNode] {
    guard let path = find() else {
      reportMissing()
      return []
    }
    return read(path)
  }

  /// Where the app's profile is looked for, the first one first: beside the inventory, then what came with fleet.
  private var folders: [FilePath] { [location.folder.appending("apps")] + location.shippedProfiles }

  /// nil where there is none.
  func find() -> FilePath? { folders.map { $0.appending("\(app).yaml") }.first(where: exists) }

  func read(_ path: FilePath) -> [YAMLNode] {
    let shown = location.shown(path)
    let before = findings.isEmpty
    InventoryTrust(location).check(path, in: location, findings)
    let documents = YAMLFile(shown: shown, findings: findings).read(path)
    let profiles = documents.filter { !$0.isNull }.flatMap { $0.items ?? [$0] }
    if profiles.isEmpty, before, findings.isEmpty {
      findings.add(InventoryError(file: shown, message: "holds no profile"))
    }
    for profile in profiles.dropLast() where profile.entries != nil && profile["for"] == nil {
      findings.add(
        Wrong(
          "a profile without for: fits every version, so that those after it are never used",
          hint: "put it last, or say for which versions it is, as in for: \">=8.16.0\""),
        at: profile.place)
    }
    return profiles
  }

  private func exists(_ path: FilePath) -> Bool { (try? FileStatus.of(path, following: true)) != nil }

  func reportMissing() {
    let known = folders.flatMap { folder in
      ((try? Directory.open(folder, following: true).entries()) ?? [])
        .compactMap { $0.string.without(suffix: ".yaml").map { String($0) } }
    }
    let tried = folders.map { location.shown($0.appending("\(app).yaml")) }
    findings.add(
      InventoryError(
        file: location.shown(location.file),
        message: "there is no profile for the app \"\(app)\"; looked for \(tried.joined(separator: ", "))",
        hint: didYouMean(app, among: Set(known))
          ?? "fleet profile new \(app) writes a first one; $FLEET_SHARE/apps is looked into where that is set"
      ))
  }
}
