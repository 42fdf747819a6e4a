import Foundation
import TestSupport
import Testing
import Wire

/// What `make dist` makes, on hosts that have neither Swift nor a compiler, and no way to the internet.
@Suite(
  "The package on a real host", .serialized,
  .enabled(
    if: SetupLabHost.isPossible && ReleaseFiles.arePacked || isCI,
    "needs root, lab bases, packages: make lab-bases dist"))
struct PackageLabTests {
  private static let packages = ReleaseFiles.packages

  /// All files of the host, but for what apt and dpkg keep for themselves, and what grows by itself.
  private static let files = """
    find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/log \\
      -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path \(packages) -o -path /var/lib/systemd \\
      \\) -prune -o -print | LC_ALL=C sort
    """

  @Test(arguments: ["bookworm", "trixie"])
  func `is installed, renewed, removed and purged, and leaves nothing`(base: String) throws {
    let lab = try SetupLabHost("veg", base: base, user: "root", "--see", Self.packages)
    #expect(try lab.asRoot("command -v swift gcc cc fleet || true") == "")
    let before = try lab.asRoot(Self.files)

    let said = try lab.asRoot("sh \(Self.packages)/install.sh --from \(Self.packages) 2>&1")
    #expect(said.hasSuffix("install: fleet \(FleetVersion.text) is installed. Next: fleet init\n"), "\(said)")
    #expect(try lab.asRoot("fleet --version").contains(FleetVersion.text))
    #expect(try lab.asRoot("ls /usr/libexec/fleet/agents") == "aarch64\nx86_64\n")
    #expect(try lab.asRoot("/usr/libexec/fleet/agents/x86_64/fleet-agent version").hasPrefix("fleet-agent "))
    // Its own profiles and its own agents are found.
    let inventory = try lab.asRoot(
      "cd /root && fleet init -i /root/rooms veg=127.0.0.1 2>&1 && rm -r /root/rooms")
    #expect(!inventory.contains("no profile"), "\(inventory)")
    // It speaks SSH itself, with this system's libssh2: a host's own key is judged, and believed when asked.
    let tried = try lab.asRoot(
      """
      ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
      cat /root/.ssh/id_ed25519.pub >>/root/.ssh/authorized_keys
      cd /root && fleet try --yes self=root@127.0.0.1 2>&1 || true
      rm -rf /root/.ssh/id_ed25519* /root/.cache /root/.local
      """)
    #expect(tried.contains("believed for this once") && tried.contains("a key is accepted"), "\(tried)")
    // Off until somebody wants it.
    #expect(try lab.asRoot("systemctl --global is-enabled fleet-releases.timer || true") == "disabled\n")

    // The next version in its place.
    try lab.asRoot(
      """
      set -eu
      dpkg-deb --raw-extract \(Self.packages)/fleet_\(FleetVersion.text)_$(dpkg --print-architecture).deb /tmp/next
      sed -i 's/^Version: .*/Version: 99.0.0/' /tmp/next/DEBIAN/control
      dpkg-deb -Znone --build /tmp/next /tmp/next.deb
      apt-get install --yes /tmp/next.deb
      """)
    #expect(try lab.asRoot("dpkg-query --show fleet") == "fleet\t99.0.0\n")
    #expect(try lab.asRoot("fleet --version").contains(FleetVersion.text))

    for removal in ["remove", "purge"] {
      try lab.asRoot("apt-get \(removal) --yes fleet && rm -rf /tmp/next")
      #expect(try lab.asRoot(Self.files) == before)
      try lab.asRoot("apt-get install --yes /tmp/next.deb")
    }
  }

  @Test func `goes into a folder too, and not at all where a byte is another`() throws {
    let lab = try SetupLabHost("veg", base: "bookworm", user: "root", "--see", Self.packages)
    try lab.asRoot("cp -r \(Self.packages) /srv/packages && chmod -R a+rX /srv/packages")
    let install =
      "runuser -u grow -- sh /srv/packages/install.sh --prefix /home/grow/.local --from /srv/packages"
    // What somebody has there: a folder that is a link, and one that is closed.
    try lab.asRoot(
      """
      runuser -u grow -- sh -c 'cd && mkdir -p dotfiles/bin .local && ln -s ../dotfiles/bin .local/bin &&
        mkdir -m 700 .local/share'
      """)
    let said = try lab.asRoot("\(install) 2>&1")
    #expect(said.contains("fleet \(FleetVersion.text) is installed. Next: fleet init"), "\(said)")
    #expect(said.contains("/home/grow/.local/bin is not in your PATH"))
    #expect(try lab.asRoot("stat -c %U /home/grow/dotfiles/bin/fleet") == "grow\n")
    #expect(
      try lab.asRoot("stat -c '%F %a' /home/grow/.local/bin /home/grow/.local/share | cut -c 1-13")
        == "symbolic link\ndirectory 700\n")
    #expect(
      try lab.asRoot("grep ExecStart /home/grow/.local/share/systemd/user/fleet-releases.service")
        == "ExecStart=/home/grow/.local/bin/fleet releases --notify --quiet\n")

    let other = try lab.asRoot(
      """
      rm -rf /home/grow/.local
      for each in /srv/packages/*.tar.gz; do printf x >>"$each"; done
      \(install) 2>&1 || true; ls -A /home/grow/.local 2>&1 || true
      """)
    #expect(other.contains("is not what SHA256SUMS says; nothing was installed"), "\(other)")
    #expect(other.hasSuffix("No such file or directory\n"))
  }

  /// Debian's own judge of packages. What it would say of what must be so stands in packaging/debian, with why.
  @Test func `nothing is to be said of it`() throws {
    let package = "\(Self.packages)/fleet_\(FleetVersion.text)_$(dpkg --print-architecture).deb"
    #expect(try hostTool("sh", "-c", "lintian --allow-root \(package) 2>&1 || true") == "")
  }

  /// A download that was cut off runs nothing, wherever the cut is.
  @Test func `a script that was cut off does nothing`() throws {
    let script = try String(contentsOfFile: Self.packages + "/install.sh", encoding: .utf8)
    let lines = script.split(separator: "\n", omittingEmptySubsequences: false)
    let folder = try HostFolder()
    for count in stride(from: 1, to: lines.count - 2, by: 5) {
      try folder.write(lines.prefix(count).joined(separator: "\n"), to: "cut.sh")
      let said = try hostTool("sh", "-c", "sh \(folder.file("cut.sh")) --from \(folder.path) 2>&1 || true")
      #expect(!said.contains("install: "), "\(count) lines: \(said)")
    }
    #expect(lines.last == "" && lines.dropLast().last == "main \"$@\"")
  }
}
