@testable import Hosts
@testable import Driver
@testable import Inventory
@testable import Wire

/// A message is the same after another trip. Of what a host says nothing reaches a person as it came, and no number
/// is out of its range.
func readMessages(_ bytes: [UInt8]) throws(Broken) {
  if let request = try? JSON.decode(Request.self, from: bytes) {
    try requireSame(request)
    try requireSame(request.bounded)
    try compute(with: request.bounded)
  }
  if let listing = try? JSON.decode(ReleaseListing.self, from: bytes) { try requireSame(listing) }
  if let profile = try? JSON.decode(AppProfile.self, from: bytes) { try requireSame(profile) }
  guard let reply = try? JSON.decode(Reply.self, from: bytes) else { return }
  try requireSame(reply)
  let bounded = reply.bounded
  try requireSame(bounded)
  try requireShown(json: try mustWork("a bounded reply") { try JSON.encode(bounded) }, "a reply")
  if case .account(let groups) = bounded {
    for group in groups { try requireShown(group.text, "a group of files") }
    for line in Adoption.of([groups]).lines { try requireShown(line.yaml, "a line for fleet.yaml") }
  }
  if case .event(let event) = bounded {
    try require(event.seq <= WireLimits.sequence.upperBound, "an event of number \(event.seq)")
    let line = EventLine(event, host: "veg")
    let again = try mustWork("a line of the log") { try EventLine(decoding: try line.encoded()) }
    try require(again == line, "another line of the log: \(again)")
  }
}

/// As the agent does; what runs over ends the program.
private func compute(with request: Request) throws(Broken) {
  let profiles: [AppProfile] =
    switch request {
    case .probe(let profiles): profiles
    case .stage(let order): [order.profile]
    case .health(let profile), .obstacles(let profile), .forewarn(let profile), .backups(let profile):
      [profile]
    case .rollback(let order): [order.profile]
    default: []
    }
  for profile in profiles {
    let seconds = [
      profile.health.healthyForSeconds, profile.health.deadlineSeconds, profile.rehearsalLockSeconds,
      profile.downtimeBudgetSeconds ?? 0, profile.stopTimeoutSeconds,
    ]
    let sum = seconds.reduce(0) { $0 + $1 * 1000 }
    try require(sum >= 0, "\(sum) ms")
  }
}

private func requireSame<Message: Codable & Equatable>(_ message: Message) throws(Broken) {
  let again = try mustWork("a message that was read") {
    try JSON.decode(Message.self, from: try JSON.encode(message))
  }
  try require(again == message, "another message after a trip: \(again), was \(message)")
}
