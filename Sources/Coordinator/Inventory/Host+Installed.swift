package import Release
package import Wire

/// What is installed on a host, by what its agent read with the profiles of the inventory.
extension Host {
  /// The first profile that reads a version which it is for.
  package func installed(in probe: Probe) -> (Profile, Version)? {
    for (profile, finding) in zip(profiles, probe.findings) {
      guard let version = finding.version.flatMap({ TagName($0)?.version }) else { continue }
      if profile.applies?.contains(version) ?? true { return (profile, version) }
    }
    return nil
  }

  /// The first profile that is for this version, as an install says it; nil where none is, or it is none that can be
  /// ordered.
  package func profile(of version: String) -> Profile? {
    guard let version = TagName(version)?.version else { return nil }
    return profiles.first { $0.applies?.contains(version) ?? true }
  }

  /// The first profile that is for every version, and reads something that is none.
  package func unordered(in probe: Probe) -> (Profile, String)? {
    for (profile, finding) in zip(profiles, probe.findings) where profile.applies == nil {
      if let text = finding.version, TagName(text) == nil { return (profile, text) }
    }
    return nil
  }

  /// Why nothing is known to be installed that could be upgraded.
  package func problem(in probe: Probe) -> String {
    let texts = probe.findings.compactMap(\.version)
    if let text = texts.first(where: { TagName($0) == nil }) {
      let way =
        unordered(in: probe) == nil
        ? "" : "; or fleet upgrade --to VERSION --allow-downgrade \(name), whichever is newer"
      return
        "what it has (\(visible(text, limit: 60))) is no version that can be ordered: let version: match in the "
        + "profile read one such as 4.2.0\(way)"
    }
    if let version = texts.first {
      let ranges = profiles.compactMap { $0.applies?.text }.joined(separator: ", ")
      return
        "no profile is for the version that it has (\(visible(version, limit: 60))), only for \(ranges); one of "
        + "your own, apps/APP.yaml beside fleet.yaml, can say another for:"
    }
    return probe.findings.compactMap(\.problem).first ?? "the installed version cannot be read"
  }
}
