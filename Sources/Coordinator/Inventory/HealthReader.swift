import Wire

/// Reads `health:`, what proves that a version is well.
enum HealthReader {
  static func read(_ section: Section) -> Health {
    var health = Health()
    if let seconds = section.value("healthy_for", Values.seconds()) {
      health.healthyForSeconds = seconds
    }
    if let seconds = section.value("deadline", Values.seconds(from: 1)) {
      health.deadlineSeconds = seconds
    }
    health.checks = section.sections("checks", as: "check", check) ?? []
    if health.healthyForSeconds >= health.deadlineSeconds {
      section.wrong(
        "healthy_for (\(health.healthyForSeconds)s) must be shorter than deadline"
          + " (\(health.deadlineSeconds)s)")
    }
    return health
  }

  private static let httpKeys = ["status", "headers", "body", "insecure", "unix"]
  private static let runKeys = ["expect", "in", "timeout", "user"]

  private static func check(_ section: Section) -> HealthCheck? {
    let kinds = ["http", "tcp", "run"].filter { section.node($0) != nil }
    let http = http(section)
    let tcp = section.value("tcp", endpoint)
    let command = section.value("run", RunReader.command)
    let extras = RunReader.extras(section, seconds: RunReader.checkSeconds)
    let expect = section.value("expect", Values.text)

    guard let kind = kinds.first, kinds.count == 1 else {
      section.wrong("a check needs exactly one of http, tcp and run")
      return nil
    }
    let foreign = (kind == "http" ? [] : httpKeys) + (kind == "run" ? [] : runKeys)
    for key in foreign where section.node(key) != nil {
      section.wrong("\(key) has no meaning for a check of \(kind)", at: key)
    }
    switch kind {
    case "http": return http.map { .http($0) }
    case "tcp": return tcp
    default:
      return command.map {
        .run(
          Run(
            command: $0, directory: extras.directory, timeoutSeconds: extras.seconds,
            user: extras.user),
          expect: expect)
      }
    }
  }

  private static func http(_ section: Section) -> HTTPCheck? {
    let url = section.value("http") { (node) throws(Wrong) in
      _ = try Values.url(node, plainAnywhere: true)
      return try Values.line(node)
    }
    let status = section.value("status", Values.integer(in: 100...599))
    let headers = section.pairs("headers", header)
    let body = section.value("body", Values.pattern)
    let insecure = section.value("insecure", Values.flag)
    let unix = section.value("unix", Values.absolutePath)
    guard let url else { return nil }
    return HTTPCheck(
      url: url, status: status ?? 200,
      headers: Dictionary(headers ?? [], uniquingKeysWith: { $1 }), body: body,
      insecure: insecure ?? false, unix: unix)
  }

  private static func header(_ entry: YAMLNode.Entry) throws(Wrong) -> (String, String) {
    guard !entry.key.isEmpty,
      entry.key.utf8.allSatisfy({ Values.isAlphanumeric($0) || "-_".utf8.contains($0) })
    else { throw Wrong("\"\(entry.key)\" is not the name of a header") }
    return (entry.key, try Values.line(entry.value))
  }

  /// A port on the host itself, or `address:port`.
  private static func endpoint(_ node: YAMLNode) throws(Wrong) -> HealthCheck {
    let text = try Values.line(node)
    if let port = Values.number(text), (1...65_535).contains(port) {
      return .tcp(host: "127.0.0.1", port: port)
    }
    guard let address = try? HostAddress(text), let port = address.port, address.user == nil else {
      throw Wrong("must be a port or address:port, not \(node.summary)")
    }
    return .tcp(host: address.address, port: port)
  }
}
