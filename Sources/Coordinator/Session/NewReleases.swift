import Driver
import Report
import Inventory
import ByteText
import Release
import Wire

/// `fleet releases --notify`: what is new on the hosts' own tracks, told once.
struct NewReleases {
  let session: Session

  private var context: CommandContext { session.context }
  private var fleet: Fleet { session.fleet }

  func tell() async throws -> RunExit {
    guard !fleet.notify.isEmpty else {
      throw UsageError("--notify: there is nobody under notify in fleet.yaml")
    }
    let answers = await session.survey(fleet.hosts, over: try context.connector(fleet))
    let tags = try await Tags.read(answers, from: try context.catalogue(fleet))
    let plan = try Plan.make(answers, skip: fleet.skip, wishes: PlanWishes()) { tags.of($0) }
    let told = ToldReleases(session.store)
    let releases = try fresh(plan, told.tags(of: fleet.folder))
    let notice = Notice(
      app: fleet.name, releases: releases, notes: PlanText.newerLines(plan), typed: session.typedAnywhere)
    try session.show(notice) {
      if !releases.isEmpty { notice.text.textLines.forEach { session.print(String($0)) } }
    }
    guard !releases.isEmpty, await session.notify(notice) else { return .good }
    try told.add(releases.map(\.tag), of: fleet.folder)
    return .good
  }

  /// What nobody was told of, and what no rollout was begun with: that is known by then.
  private func fresh(_ plan: Plan, _ told: Set<String>) throws -> [Notice.NewRelease] {
    let begun = Set(try session.records(limit: 50).map(\.header.tag))
    return plan.legs.compactMap { leg in
      let tag = leg.tag.text
      guard !leg.going.isEmpty, !told.contains(tag), !begun.contains(tag) else { return nil }
      return Notice.NewRelease(tag: visible(tag), track: "\(leg.track)", hosts: leg.going.map(\.host.name))
    }
  }
}
