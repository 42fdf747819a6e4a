import Foundation
import SSH
import SystemPackage
import TestSupport
import Testing

struct CommandFailed: Error {
  let command: [String]
  let output: String
}

/// Runs a tool to its end and returns what it printed.
@discardableResult
func tool(_ arguments: String..., environment: [String: String] = [:]) throws -> String {
  let directory = try TestDirectory()
  let log = directory.file("output")
  let status = try Spawn.wait(
    for: Spawn.start(
      arguments,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" },
      output: .file(log), error: .file(log)))
  let output = try directory.read("output")
  guard status == 0 else { throw CommandFailed(command: arguments, output: output) }
  return output
}

func soon(_ seconds: Double = 60) -> SSHDeadline { .after(seconds: seconds) }

/// Runs the body and returns the SSHError that it throws.
func sshError(_ body: () throws -> Void) throws -> SSHError {
  do {
    try body()
  } catch let error as SSHError {
    return error
  }
  Issue.record("no error was thrown")
  throw CommandFailed(command: [], output: "no error")
}

/// Bytes that no short period repeats, so that a lost or doubled piece shows.
func noise(_ count: Int) -> [UInt8] {
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 8)
  while bytes.count < count {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    withUnsafeBytes(of: state) { bytes.append(contentsOf: $0) }
  }
  bytes.removeLast(bytes.count - count)
  return bytes
}

/// Makes a key pair `NAME`, `NAME.pub` in the directory.
func makeKey(_ name: String, type: String = "ed25519", passphrase: String = "", in directory: TestDirectory)
  throws
{
  try tool(
    "/usr/bin/ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "key-\(name)", "-f", directory.file(name)
  )
}

/// The public half of a pair made by `makeKey`.
func publicKey(_ name: String, in directory: TestDirectory) throws -> HostKey {
  try #require(HostKey(base64: directory.read(name + ".pub").split(separator: " ")[1]))
}
