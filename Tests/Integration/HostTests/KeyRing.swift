import Foundation
import Testing

@testable import Coordinator

/// Keys of all kinds on a loopback host: agents that hold them, authorities that certify them.
extension LoopbackHost {
  func makeKey(_ name: String, type: String = "ed25519", passphrase: String = "") throws {
    try hostTool("ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", name, "-f", folder.file(name))
  }

  func authorize(_ names: String...) throws {
    try folder.write(try names.map { try folder.read("\($0).pub") }.joined(), to: ".ssh/authorized_keys")
  }

  /// Certifies the key of `name`: `NAME-cert.pub` beside it. `more` are further words for ssh-keygen.
  func certify(_ name: String, by authority: String, _ more: [String]) throws {
    try hostTool(
      ["ssh-keygen", "-q", "-s", folder.file(authority), "-I", name] + more + [folder.file("\(name).pub")])
  }

  /// `@cert-authority` in the user's file.
  func believe(authority: String, of pattern: String = "*") throws {
    let words = try folder.read("\(authority).pub").split(separator: " ")
    try folder.write("@cert-authority \(pattern) \(words[0]) \(words[1])\n", to: "users_known_hosts")
  }

  /// The user's file knows the host by its plain key.
  func usersKnow(_ type: String = "ed25519") throws {
    let words = try folder.read("host_\(type).pub").split(separator: " ")
    try folder.write("[127.0.0.1]:\(port) \(words[0]) \(words[1])\n", to: "users_known_hosts")
  }

  /// What a connection by ssh leaves beside the test's files; nothing, once it is closed.
  var controlFolders: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("fleet-ssh-") }
    }
  }

  /// A real ssh-agent with these keys, in their order.
  func agent(holding names: [String]) async throws -> HostTestChild {
    let child = try HostTestChild(["/usr/bin/ssh-agent", "-D", "-a", folder.file("agent")])
    try await eventually("the agent listens") { folder.exists("agent") }
    for name in names {
      try hostTool("env", "SSH_AUTH_SOCK=" + folder.file("agent"), "ssh-add", "-q", folder.file(name))
    }
    return child
  }

  /// An ssh-agent with a FIDO key in it, whose authenticator is a program: what OpenSSH and sshd see of one is real,
  /// the touch is not. `NAME.pub` is its public half.
  func hardwareAgent(_ name: String) async throws -> HostTestChild {
    try folder.write(SoftAuthenticator.text, to: "authenticator", mode: 0o755)
    let child = try HostTestChild(
      ["/usr/bin/python3", folder.file("authenticator"), folder.file("agent"), folder.file(name)],
      log: folder.file("authenticator.log"))
    try await eventually("the authenticator listens") { folder.exists("agent") }
    return child
  }
}

/// The agent's protocol (draft-ietf-sshm-ssh-agent) and the signatures of `sk-ssh-ed25519@openssh.com` (PROTOCOL.u2f of
/// OpenSSH), in another language than what is tested; the arithmetic is openssl's.
private enum SoftAuthenticator {
  static let text = #"""
    #!/usr/bin/python3
    import base64, hashlib, os, socket, struct, subprocess, sys

    place, name = sys.argv[1:]
    kind, application = b"sk-ssh-ed25519@openssh.com", b"ssh:"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", name + ".pem"], check=True)
    public = subprocess.run(["openssl", "pkey", "-in", name + ".pem", "-pubout", "-outform", "DER"],
                            check=True, capture_output=True).stdout[-32:]

    def string(data):
        return struct.pack(">I", len(data)) + data

    blob = string(kind) + string(public) + string(application)
    with open(name + ".pub", "w") as file:
        file.write(kind.decode() + " " + base64.b64encode(blob).decode() + " " + os.path.basename(name) + "\n")

    def sign(message):
        flags = b"\x01" + struct.pack(">I", 7)
        with open(name + ".message", "wb") as file:
            file.write(hashlib.sha256(application).digest() + flags + hashlib.sha256(message).digest())
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", name + ".pem", "-rawin",
                                    "-in", name + ".message"], check=True, capture_output=True).stdout
        return string(kind) + string(signature) + flags

    def take(file):
        size = file.read(4)
        return file.read(struct.unpack(">I", size)[0]) if len(size) == 4 else b""

    def cut(data):
        size = struct.unpack(">I", data[:4])[0]
        return data[4:4 + size], data[4 + size:]

    server = socket.socket(socket.AF_UNIX)
    server.bind(place + ".new")
    server.listen(8)
    os.rename(place + ".new", place)
    while True:
        peer, _ = server.accept()
        with peer, peer.makefile("rwb") as file:
            while True:
                request = take(file)
                if not request:
                    break
                if request[0] == 11:
                    answer = b"\x0c" + struct.pack(">I", 1) + string(blob) + string(b"authenticator")
                elif request[0] == 13:
                    message = cut(cut(request[1:])[1])[0]
                    answer = b"\x0e" + string(sign(message))
                else:
                    answer = b"\x05"
                file.write(string(answer))
                file.flush()
    """#
}
