import Inventory
import Release
import Text

// What the profile knows to be bad: known versions, and jumps that do not work.
extension HostPlan {
  func advisories(of target: Candidate) -> [Advisory] {
    profile.advisories.filter { $0.concerns(from: installed, to: target.version) }
  }

  /// Why it does not go, and which way it could.
  func refusing(_ advisory: Advisory, _ target: Candidate, _ track: Track) -> String {
    let way =
      wayAround(target, track).map { "fleet upgrade --to \($0.tag) \(host.name) goes round it" }
      ?? "no release on track \(track) goes round it; only the profile's advisories can let it go"
    return "\(Wording.advisory(advisory)); \(way)"
  }

  /// The newest release on the track that is newer than the install, and that nothing speaks against; also one that
  /// lies behind a stepping stone, where nothing speaks against that.
  private func wayAround(_ target: Candidate, _ track: Track) -> Candidate? {
    guard let installed else { return nil }
    return Candidate.all(in: tags).last { release in
      guard track.contains(release.tag), release.standing.isOffered, release.version != target.version,
        !skip.contains(release.version), !isRefused(release),
        case .upgrade(let step, _) = Selection.toward(
          release, from: tags, installed: installed, skip: skip, steppingStones: stones)
      else { return false }
      return !isRefused(step)
    }
  }

  private func isRefused(_ release: Candidate) -> Bool { advisories(of: release).contains(where: \.refuses) }
}
