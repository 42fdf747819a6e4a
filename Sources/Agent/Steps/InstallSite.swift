import Effects
import Archive
import Files
import Glibc
import SystemPackage
import Wire

/// Where the app lies on this host, and where fleet works beside it. Found once, when a job begins, and only where
/// nobody but root and the app's own user could lead us elsewhere; what comes after goes by what was found then.
struct InstallSite: Codable, Equatable {
  /// The real path of the install, without symbolic links.
  let install: String
  /// The job's folder, see ``WorkFolder``.
  let work: String
  /// Whom the app's files belong to, and who runs its steps.
  let owner: FileOwner

  /// The owner in words that ``RunUser`` understands.
  var ownerName: String { "\(ownerID)" }
  var ownerID: UInt32 { owner.userID }

  /// - Parameter app: names the work folder.
  static func find(_ profile: AppProfile) throws(StepFailure) -> InstallSite {
    do {
      let path = FilePath(profile.install)
      let named = try profile.owner.map { (owner) throws(StepFailure) in try FileOwner(named: owner) }
      // Where nobody is named it is the tree's owner: whoever that is may only lead us to what is theirs.
      let status = try FileStatus.of(path)
      if named == nil, status.kind != .symbolicLink { _ = try inferredOwner(status, path) }
      let trusted = try named?.userID ?? FileStatus.of(path, following: true).user
      // A home may lie on the way: of a user who is as good as root, whatever is done about it.
      let way = TrustedWay(
        trusting: named == nil ? [trusted, status.user] : [trusted],
        mayBecomeRoot: { geteuid() == 0 && Sudoers.system.mayBecomeRoot($0) })
      let tree = try way.openLast(path)
      let owner = try named ?? inferredOwner(tree.status(), tree.path)
      return InstallSite(
        install: tree.path.string, work: try workPlace(for: tree, app: profile.app).string, owner: owner)
    } catch let error as FileError where error.isMissing {
      throw .because(
        .install,
        error.errno == .notDirectory
          ? "\(profile.install) is no directory" : "\(profile.install) is not there")
    } catch let error as FileError where error.errno == .notPermitted {
      throw .because(.install, "\(error)")
    } catch {
      throw .from(error)
    }
  }

  private static func inferredOwner(_ status: FileStatus, _ tree: FilePath) throws(StepFailure) -> FileOwner {
    guard status.user != 0 || geteuid() != 0 else {
      throw .because(
        .install,
        "\(tree) belongs to root, and that its steps should run as root must be said: "
          + "owner: root:root in the profile, or better the app's own user")
    }
    return FileOwner(userID: status.user, groupID: status.group)
  }

  /// Of a job that a fleet began which wrote no site down.
  static func ofOlderFleet(_ profile: AppProfile) throws(StepFailure) -> InstallSite {
    do {
      let install = try realPath(FilePath(profile.install))
      let status = try FileStatus.of(install)
      return InstallSite(
        install: install.string, work: install.removingLastComponent().appending(name(profile.app)).string,
        owner: try profile.owner.map { (owner) throws(StepFailure) in try FileOwner(named: owner) }
          ?? FileOwner(userID: status.user, groupID: status.group))
    } catch {
      throw .from(error)
    }
  }

  /// Beside the install where root alone can change what lies there; else in the nearest directory above it of which
  /// that is true, on the same mount, since only there names can change places.
  private static func workPlace(for tree: Directory, app: String) throws(FileError) -> FilePath {
    let way = TrustedWay()
    let parent = try Directory.openReal(tree.path.removingLastComponent())
    var place = tree.path
    var objection: FileError?
    repeat {
      place = place.removingLastComponent()
      do {
        let directory = try way.open(place)
        guard try directory.isOnSameMount(as: parent) else { break }
        return directory.path.appending(name(app))
      } catch {
        objection = objection ?? error
      }
    } while !place.components.isEmpty
    let why = objection.map { "; \($0)" } ?? ""
    throw FileError(
      .open, tree.path, .notPermitted,
      detail:
        "no directory above it on its file system is root's alone, so there is no place for fleet's work\(why)"
    )
  }

  /// What root's commands see in place of the install, where the app's user could put anything: `source`, or an empty
  /// directory. Where that user can rename the install itself, all is covered from the directory on that root alone can
  /// give another place: a mount goes with what it lies on.
  func covers(showing source: String?) -> [Cover] {
    let tree = Cover(path: install, source: source)
    let rootsOwn = FilePath(work).removingLastComponent()
    let below = FilePath(install).components.dropFirst(rootsOwn.components.count)
    guard below.count > 1, let name = below.first else { return [tree] }
    return [Cover(path: rootsOwn.appending(name).string), tree]
  }

  /// The work folder's name.
  static func name(_ app: String) -> String { ".fleet-\(app)" }
}

extension FileOwner {
  /// Looks up what a profile names.
  init(named owner: Owner) throws(StepFailure) {
    do {
      guard let user = try Accounts.user(owner.user) else {
        throw StepFailure.because(.install, "there is no user \(owner.user) on this host")
      }
      guard let group = try Accounts.group(owner.group) else {
        throw StepFailure.because(.install, "there is no group \(owner.group) on this host")
      }
      self.init(userID: user.id, groupID: group)
    } catch {
      throw .from(error)
    }
  }
}
