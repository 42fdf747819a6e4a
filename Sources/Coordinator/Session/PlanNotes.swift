import Catalogue
import Driver
import Inventory
import Release
import Rollout

/// Looks up what is new in the releases that hosts go to.
struct PlanNotes {
  let catalogue: any ReleaseCatalogue
  let tags: Tags

  /// - Parameters:
  ///   - entries: the hosts of the leg that it is for.
  ///   - asks: whether the source may be asked: an upgrade waits for no notes.
  /// - Returns: also why there may be more of them.
  func ask(_ leg: PlanLeg, for entries: [PlanEntry], asks: Bool) async -> (
    notes: ReleaseNotes, troubles: [String]
  ) {
    let crossed = leg.crossed(by: entries, among: tags.of(leg.source))
    let shown = crossed.prefix(RolloutLimits.notedReleases)
    guard !shown.isEmpty else { return (ReleaseNotes(), []) }
    let file = leg.entries.lazy.compactMap { $0.profile?.notesFile }.first
    let wish = NotesWish(of: shown, file: file, asks: asks)
    let found = await catalogue.notes(wish, of: leg.source)
    return (ReleaseNotes(of: crossed, texts: found.texts), found.troubles)
  }
}
