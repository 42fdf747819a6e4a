import Programs
import ByteText
import Release
import Wire

@testable import Hosts
@testable import SSH

/// What a host, its shell and its sudo say comes to a person shown, and what ssh says stays on its line.
func readHostWords(_ bytes: [UInt8]) throws(Broken) {
  let text = String(utf8: bytes)
  let config = SSHConfig(text: text, name: "veg", home: "/home/me", localUser: "me")
  let values =
    [
      config.hostName, config.user, config.identityAgent, config.hostKeyAlias, config.proxyJump,
      config.proxyCommand,
    ]
    .compactMap(\.self) + config.identityFiles + config.userKnownHostsFiles + config.globalKnownHostsFiles
  for value in values { try require(!value.utf8.contains(0x0A), "a line end in \(value.debugDescription)") }

  let facts = HostFacts(text)
  for fact in [facts.machine, facts.user, facts.home, facts.system]
    + [facts.debian, facts.agentWords].compactMap(\.self)
  {
    try requireShown(fact, "a fact")
  }
  try require((facts.freeBytes ?? 0) >= .min && facts.units <= 100, "facts that cannot be")
  if let agent = AgentProgramVersion(text) {
    try require(AgentProgramVersion("\(agent)") == agent, "another version of the agent")
  }

  try requireShown(SudoAnswer(text, user: "me").diagnosis.text, "what sudo says")
  var known = KnownMachines(own: "laptop")
  known.add(sshConfig: text)
  known.add(knownHosts: text)
  known.add(avahi: text)
  try require(known.machines.count <= HostLimits.offeredMachines, "more machines than anybody reads")
  for machine in known.machines { try requireShown(machine.word, "a machine") }

  let halves = text.cut(at: "\n") ?? (text[...], "")
  for exit in [nil, .status(1), .status(127), .signal("KILL")] as [ProgramEnd.Exit?] {
    let end = exit.map { ProgramEnd(exit: $0, standardError: String(halves.before)) }
    let error = AgentSilence(host: "veg", end: end, noise: String(halves.after)).error
    try requireShown(error.description, "why no agent spoke")
    let login = LoginSilence(host: "veg", user: "me", said: text, exit: exit).error
    try requireShown(login.description, "why a login runs nothing")
  }

  if let file = try? KeyFile.parse(bytes), let key = file.publicKey {
    try require(HostKey(blob: key.blob) == key, "another key")
  }
  if let key = HostKey(blob: bytes) {
    try require(HostKey(base64: key.base64) == key, "another key")
    try requireShown(key.description, "a key")
  }

  if let identities = try? KeyAgent.identities(in: WireReader(bytes)) {
    let size = identities.reduce(4) { $0 + 8 + $1.blob.count }
    try require(size <= bytes.count, "more keys than there were bytes")
  }
}
