import Files
import Release
import SystemPackage

/// fleet.lock in the inventory folder.
struct FleetLockFile {
  let file: FilePath
  /// Held while it is read and written. It lies in the cache, so that nothing but fleet.lock itself comes to lie in
  /// the folder that people keep in git; fleets of one user share it.
  let turn: FilePath
  let limits: CatalogueLimits

  init(inventory: FilePath, cache: FilePath, limits: CatalogueLimits) {
    file = inventory.appending("fleet.lock")
    let name = SHA256Digest(of: inventory.lexicallyNormalized().bytes).description.prefix(12)
    turn = cache.appending("inventory-\(name).turn")
    self.limits = limits
  }

  /// An empty lock where there is no file yet.
  func read() throws(CatalogueError) -> FleetLock {
    let bytes: [UInt8]
    do throws(FileError) {
      guard try FileStatus.ifPresent(file) != nil else { return FleetLock() }
      bytes = try readBounded(file, maxBytes: FleetLock.maxFileBytes)
    } catch {
      throw CatalogueError(error)
    }
    do throws(FleetLockError) { return try FleetLock(decoding: bytes) } catch { throw CatalogueError(error) }
  }

  /// Verifies against what is on file, and writes what is new or accepted: nothing is written unless `verify`
  /// succeeds, and nothing is in between.
  func settle(
    app: String, _ verify: (FleetLock) throws(VerificationError) -> VerifiedRelease
  ) throws(CatalogueError) -> VerifiedRelease {
    let held: FileLock
    do throws(FileError) {
      held = try FileLock.take(turn, owner: "fleet", waitMilliseconds: limits.lockWaitMilliseconds)
    } catch {
      throw CatalogueError(error)
    }
    return try withExtendedLifetime(held) { () throws(CatalogueError) in try settleAlone(app: app, verify) }
  }

  private func settleAlone(
    app: String, _ verify: (FleetLock) throws(VerificationError) -> VerifiedRelease
  ) throws(CatalogueError) -> VerifiedRelease {
    let lock = try read()
    let verified: VerifiedRelease
    do throws(VerificationError) { verified = try verify(lock) } catch { throw CatalogueError(error) }
    guard verified.lockVerdict != .same else { return verified }
    let bytes: [UInt8]
    do throws(FleetLockError) {
      bytes = try lock.accepting(verified.identity, app: app).encoded()
    } catch {
      throw CatalogueError(error)
    }
    do throws(FileError) { try writeDurably(bytes, to: file) } catch { throw CatalogueError(error) }
    return verified
  }
}
