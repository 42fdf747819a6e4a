package import SystemPackage

extension Glob {
  /// What exists below `root` and matches, in the order of bytes. Plain names are looked up without
  /// listing; symbolic links are found but never gone through, mounts are not entered by `**`.
  package func expand(
    in root: Directory, limits: TreeLimits = .standard
  ) throws(FileError) -> [FilePath] {
    var found: Set<FilePath> = []
    try expand(root, FilePath(), parts[...], limits, &found)
    return found.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }

  private func expand(
    _ directory: Directory, _ relative: FilePath, _ parts: ArraySlice<Part>, _ limits: TreeLimits,
    _ found: inout Set<FilePath>
  ) throws(FileError) {
    guard let part = parts.first else { return }
    guard case .name(let pattern) = part else {
      // From here on any depth is possible: look at everything, and let the whole pattern decide.
      var matching: [FilePath] = []
      try TreeWalk(directory, limits: limits).visit { (entry) throws(FileError) in
        let path = relative.appending(entry.path.components)
        if matches(path) { matching.append(path) }
        return .goOn
      }
      found.formUnion(matching)
      return
    }
    let names: [FilePath.Component]
    if let literal = pattern.literal {
      names = FilePath.Component(bytes: utf8(of: literal)).map { [$0] } ?? []
    } else {
      names = try directory.entries(maxEntries: limits.maxEntries)
        .filter { pattern.matches(scalarUnits($0.bytes)[...]) }
    }
    for name in names {
      guard let status = try directory.statusIfPresent(of: name) else { continue }
      let path = relative.appending(name)
      if parts.count == 1 {
        found.insert(path)
        try limits.check(entries: found.count, directory.path)
      } else if status.kind == .directory {
        try expand(directory.open(name), path, parts.dropFirst(), limits, &found)
      }
    }
  }
}

/// The bytes that `scalarUnits` was given.
private func utf8(of units: [UInt32]) -> [UInt8] {
  units.flatMap { unit -> [UInt8] in
    if let scalar = Unicode.Scalar(unit) { return Array(String(scalar).utf8) }
    return [UInt8(truncatingIfNeeded: unit - invalidByteBase)]
  }
}
