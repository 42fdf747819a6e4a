import Inventory
import ByteText
import SystemPackage
import Wire

extension HostSetupRun {
  /// Takes fleet off the host. The app, its backups and the user's key in authorized_keys stay.
  func remove() async throws(SetupError) {
    do throws(HostError) { try await reach() } catch { throw .host(error) }
    try await learnFacts()
    let apps = try await apps()
    if facts.agentSHA256 != nil || !apps.isEmpty, let (app, job) = try await openJob() {
      throw .failed(
        "\(host.name): the job \(job) of \(app) is open or staged there, so nothing is removed. "
          + "Next: fleet abort, or let it end (fleet resume), then remove again")
    }
    let app = host.key(of: fleet.app)
    let others = apps.filter { $0 != app }
    guard others.isEmpty else { return try await forget(app, others: others) }
    let work = host.profiles.first.map { profile in
      FilePath(profile.agent.install).removingLastComponent().appending(".fleet-\(app)").string
    }
    let mode = host.become == .sudo ? "root" : "none"
    let (status, output) = try await asAgent(SetupScripts.remove, [mode, app, work ?? ""])
    guard status == 0 else { throw failed("it could not be removed wholly", output) }
    let lines = output.textLines.map { visible(String($0), limit: 300) }
    for what in lines.compactMap({ $0.without(prefix: "done: ") }) { done("removed: \(what)") }
    if lines.isEmpty { same("nothing of fleet was there") }
    for what in lines.compactMap({ $0.without(prefix: "stays: ") }) {
      same("stays, since it is not empty: \(what)")
    }
    same(
      "stays: the app, its backups" + (host.connection == .ssh ? ", your key in ~/.ssh/authorized_keys" : ""))
  }

  private func forget(_ app: String, others: [String]) async throws(SetupError) {
    let names = others.map { visible($0, limit: 100) }.joined(separator: ", ")
    try await mustAsAgent(
      "its state could not be removed", SetupScripts.forgetApp,
      [app] + (stateRoot.isEmpty ? [] : [stateRoot]))
    done("removed: what fleet knew of \(app)")
    same("stays: the agent, its units and its sudo rule, which serve \(names); the app and its backups")
  }
}
