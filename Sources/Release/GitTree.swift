/// The id that git gives to a tree of files, recomputed from the files. It does not depend on how an archive
/// was compressed, so it proves what an archive made on demand contains.
package struct GitTree: Sendable {
  /// The modes git knows for what is not a directory.
  package enum Mode: String, Sendable {
    case file = "100644"
    case executable = "100755"
    case symlink = "120000"
  }

  package enum Problem: Error, Sendable, Equatable, CustomStringConvertible {
    case badPath(String)
    /// The path exists already, or goes through something that is no directory.
    case conflict(String)

    package var description: String {
      switch self {
      case .badPath(let path): "\(path): no path that a git tree can hold"
      case .conflict(let path): "\(path): twice in the tree, or below something that is no directory"
      }
    }
  }

  private indirect enum Node: Sendable {
    case leaf(Mode, ObjectID)
    case directory([[UInt8]: Node])
  }

  private var root: [[UInt8]: Node] = [:]

  package init() {}

  /// Adds a file or symlink. Directories come into being with what they hold: git has no empty ones.
  /// - Parameter path: the bytes of a relative path, its components separated by single slashes.
  package mutating func add(path: [UInt8], mode: Mode, blob: ObjectID) throws(Problem) {
    let components = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isPlain = components.allSatisfy { part in
      !part.isEmpty && !part.contains(0) && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
    }
    guard isPlain else { throw .badPath(String(decoding: path, as: UTF8.self)) }
    guard Self.insert(.leaf(mode, blob), at: components[...], in: &root) else {
      throw .conflict(String(decoding: path, as: UTF8.self))
    }
  }

  /// The id of the tree; an empty one has git's well-known 4b825dc….
  package var id: ObjectID { Self.id(of: root) }

  private static func insert(
    _ node: Node, at components: ArraySlice<ArraySlice<UInt8>>, in directory: inout [[UInt8]: Node]
  ) -> Bool {
    guard let first = components.first else { return false }
    let name = Array(first)
    if components.count == 1 {
      guard directory[name] == nil else { return false }
      directory[name] = node
      return true
    }
    // Taken out while it changes, so that the children are not copied at each step.
    var children: [[UInt8]: Node]
    switch directory.updateValue(.directory([:]), forKey: name) {
    case nil: children = [:]
    case .directory(let known): children = known
    case .leaf(let mode, let blob):
      directory[name] = .leaf(mode, blob)
      return false
    }
    let isDone = insert(node, at: components.dropFirst(), in: &children)
    directory[name] = .directory(children)
    return isDone
  }

  private static func id(of directory: [[UInt8]: Node]) -> ObjectID {
    // git sorts a directory as if its name ended in a slash (base_name_compare in read-cache.c).
    let sorted = directory.map { name, node in (key: sortKey(name, node), name: name, node: node) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    var content: [UInt8] = []
    for (_, name, node) in sorted {
      let (mode, id) =
        switch node {
        case .leaf(let mode, let blob): (mode.rawValue, blob)
        case .directory(let children): ("40000", Self.id(of: children))
        }
      content += Array("\(mode) ".utf8)
      content += name
      content.append(0)
      content += id.bytes
    }
    return gitObjectID(kind: "tree", content: content)
  }

  private static func sortKey(_ name: [UInt8], _ node: Node) -> [UInt8] {
    if case .directory = node { return name + [UInt8(ascii: "/")] }
    return name
  }
}
