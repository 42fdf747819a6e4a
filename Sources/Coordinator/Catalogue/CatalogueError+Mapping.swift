import SystemPackage
import Store
import Archive
import Download
import Files
import Minisign
import Release

// What the modules below say, sorted into the kinds that a command tells apart. Their own sentences stay.
extension CatalogueError {
  init(_ error: VerificationError) {
    switch error {
    case .identityChanged: self = .changed(error.description)
    case .otherCommit, .otherTree, .otherDigest, .notProved: self = .unverified(error.description)
    }
  }

  init(_ error: FleetLockError) { self = .storage(error.description) }

  init(_ error: FileError) { self = .storage(error.description) }

  init(_ error: Minisign.Refusal, tag: TagName) {
    switch error {
    case .unreadable(let error) where error.errno != .fileTooLarge: self.init(error)
    case .noLibrary: self = .source("the signature of \(tag) cannot be checked: \(error)")
    case .noSignature, .otherKey, .otherFile, .otherComment, .unreadable:
      self = .unverified(
        "\(tag) is refused: \(error). Fetch it again; if that does not help, do not trust it.")
    }
  }

  init(_ error: ArchiveError, tag: TagName) {
    switch error {
    case .file: self = .storage(error.description)
    case .cancelled: self = .source("cancelled")
    case .localeNotUTF8, .libraryLacks: self = .source("\(tag) cannot be opened: \(error)")
    case .notAnArchive, .damaged, .endMissing, .trailingData, .empty, .archiveTooLarge, .outputTooLarge,
      .refused, .notAsJudged, .treeDiffers, .directoryNotEmpty:
      self = .unverified("\(tag) is refused. \(error)")
    }
  }
}

extension SourceFailure {
  init(_ error: DownloadError) {
    switch error {
    case .writeFailed: self.init(error: .storage(error.description))
    case .cancelled: self = .cancelled
    case .dns, .connect, .timeout, .cut:
      self.init(error: .source("\(error)\nTry again when the network is up."), isAway: true)
    case .httpStatus, .transfer, .badRequest, .tls, .tooLarge, .insecureRedirect, .tooManyRedirects:
      self.init(error: .source(error.description), isAway: error.isTransient)
    }
  }
}

extension CatalogueError {
  /// As ``StoreError``, for the cache of releases.
  static func checkOwn(_ folder: FilePath) throws(CatalogueError) {
    do throws(StoreError) { try OwnFolder(folder).check() } catch { throw .storage("\(error)") }
  }
}
