import Download
import Foundation
import TestSupport
import Testing

/// Runs the body and returns the DownloadError that it throws.
func downloadError(_ body: () throws -> Void) throws -> DownloadError {
  do {
    try body()
  } catch let error as DownloadError {
    return error
  }
  Issue.record("no error was thrown")
  throw DoubleFailed(log: "no error")
}

/// Limits with room for a test, and without pauses.
func limits(_ maxBytes: Int64 = 50_000_000, _ change: (inout DownloadLimits) -> Void = { _ in })
  -> DownloadLimits
{
  var limits = DownloadLimits(maxBytes: maxBytes, totalTimeoutSeconds: 120)
  limits.firstPauseSeconds = 0
  change(&limits)
  return limits
}
