import ByteText
import Driver
import Files
import FoundationEssentials
import Hub
import Password
import Store
import SystemPackage

/// `$XDG_STATE_HOME/fleet/hub`: what the page has to know on another day.
struct HubStore {
  let folder: FilePath

  /// - Parameter rollouts: the folder of the rollouts, which stands beside it.
  init(besides rollouts: FilePath) { folder = rollouts.removingLastComponent().appending("hub") }

  private var passwordFile: FilePath { folder.appending("password") }
  private var readCodeFile: FilePath { folder.appending("read-code") }
  private var wishFile: FilePath { folder.appending("wishes.json") }

  func make() throws(StoreError) { try OwnFolder(folder).make() }

  /// What is no password of ours is none: then there is a new code, printed where fleet runs.
  func password() throws(StoreError) -> PasswordHash? {
    try text(of: passwordFile).flatMap { PasswordHash($0) }
  }

  func keep(_ password: PasswordHash) throws(StoreError) { try write(password.text, to: passwordFile) }

  /// The code for looking only; it is made with the first start.
  func readCode() throws(StoreError) -> String {
    if let code = try text(of: readCodeFile), !code.isEmpty { return code }
    let code = Secret.code()
    try write(code, to: readCodeFile)
    return code
  }

  // MARK: What is to be gone on with

  /// A command that was under way.
  struct Wish: Codable, Equatable {
    /// Milliseconds since 1970.
    var pressed: Int64
    var words: [String]
  }

  private struct KeptWish: Codable {
    var inventory: String
    var app: String?
    var wish: Wish

    func isOf(_ fleet: FleetIdentity) -> Bool { inventory == fleet.folder.string && app == fleet.app }
  }

  /// The command of that fleet whose end the hub did not see. What cannot be read is none.
  func wish(of fleet: FleetIdentity) throws(StoreError) -> Wish? {
    try wishes().first { $0.isOf(fleet) }?.wish
  }

  /// - Parameter wish: nil: it is over.
  func wish(_ wish: Wish?, of fleet: FleetIdentity) throws(StoreError) {
    var wishes = try wishes()
    let count = wishes.count
    wishes.removeAll { $0.isOf(fleet) }
    guard wish != nil || wishes.count < count else { return }
    if let wish { wishes.append(KeptWish(inventory: fleet.folder.string, app: fleet.app, wish: wish)) }
    do { try write(String(decoding: SnakeJSON.encoder.encode(wishes), as: UTF8.self), to: wishFile) } catch {
      throw error as? StoreError ?? StoreError(path: wishFile, action: "write", cause: "\(error)")
    }
  }

  private func wishes() throws(StoreError) -> [KeptWish] {
    guard let text = try text(of: wishFile) else { return [] }
    return (try? SnakeJSON.decoder.decode([KeptWish].self, from: Data(text.utf8))) ?? []
  }

  // MARK: Files for us alone

  private func text(of path: FilePath) throws(StoreError) -> String? {
    try OwnFolder(folder).check()
    let bytes = try StateFiles.stored(path) { () throws(FileError) -> [UInt8]? in
      guard try FileStatus.ifPresent(path) != nil else { return nil }
      return try readBounded(path, maxBytes: 1 << 16)
    }
    return bytes.map { String(String(decoding: $0, as: UTF8.self).trimmed) }
  }

  private func write(_ text: String, to path: FilePath) throws(StoreError) {
    try StateFiles.stored(path) { () throws(FileError) in
      try writeDurably(Array(text.utf8) + [0x0A], to: path, permissions: .ownerReadWrite)
    }
  }
}
