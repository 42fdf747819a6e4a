internal import ByteText
internal import ArgumentParser
internal import Glibc
internal import SystemPackage

struct InitCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a first inventory.",
    discussion: """
      Into --inventory PATH, else ~/.config/fleet; an inventory that is there already is never \
      overwritten. A host is NAME, NAME=ADDRESS or NAME=USER@ADDRESS; what is left out comes from your \
      SSH configuration: where "ssh NAME" works, fleet works.

      Examples:
        fleet init veg=192.168.1.21 flower=me@flower.local
        fleet init --app growroom -i ./inventory veg
      """)

  @Argument(help: ArgumentHelp("NAME, NAME=ADDRESS or NAME=USER@ADDRESS.", valueName: "host"))
  var hosts: [String] = []
  @Option(name: .long, help: ArgumentHelp("The app's profile.", valueName: "name"))
  var app = "mycodo"
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard Self.isPlain(app) else { throw ValidationError("\"\(app)\" is no app's name.") }
    for host in hosts {
      let parts = host.pieces(by: "=", maxSplits: 1, keepingEmpty: true)
      let address = parts.count > 1 ? String(parts[1]) : "x"
      let isAddress =
        !address.isEmpty
        && address.utf8.allSatisfy { Self.isWord($0) || ":@[]%".utf8.contains($0) }
      guard Self.isPlain(String(parts[0])), isAddress else {
        throw ValidationError("\"\(host)\" is no host; one is veg, veg=192.168.1.21 or veg=me@veg.local.")
      }
    }
  }

  private static func isPlain(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 253 && text.utf8.allSatisfy(isWord) && !text.begins(with: "-")
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  func run(on bench: Workbench) async throws -> RunExit {
    let home = bench.environment["HOME"] ?? "/root"
    let folder =
      common.inventory.map { FilePath($0) }
      ?? FilePath(home).appending(".config").appending("fleet")
    let file = folder.extension == "yaml" ? folder : folder.appending("fleet.yaml")
    try write(text, to: file)
    if !common.quiet {
      bench.terminal.write("\(file) is written. Next: fleet bootstrap\n")
    }
    return .good
  }

  private var text: String {
    var lines = ["app: \(app)", "hosts:"]
    for host in hosts.isEmpty ? ["veg"] : hosts {
      let parts = host.pieces(by: "=", maxSplits: 1).map(String.init)
      lines.append(parts.count > 1 ? "  \(parts[0]): \"\(parts[1])\"" : "  \(parts[0]):")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Never over a file that is there (O_EXCL, open(2)).
  private func write(_ text: String, to file: FilePath) throws {
    var parent = FilePath(root: file.root, [])
    for component in file.removingLastComponent().components {
      parent.append(component)
      guard mkdir(parent.string, 0o755) == 0 || errno == EEXIST else {
        throw StoreError(path: parent, action: "make the folder", cause: "\(Errno(rawValue: errno))")
      }
    }
    do {
      let descriptor = try FileDescriptor.open(
        file, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      _ = try descriptor.closeAfter { try descriptor.writeAll(Array(text.utf8)) }
    } catch Errno.fileExists {
      throw UsageError("\(file) is there already, and is not overwritten")
    } catch {
      throw StoreError(path: file, action: "write", cause: "\(error)")
    }
  }
}
