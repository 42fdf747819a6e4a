import Foundation
import Testing

extension OnRealHosts {
  /// The app's own user, and another local one, do what they can while fleet works on the host, and over a power cut.
  /// Afterwards no file of root's was changed, read or made, nothing of theirs ran as root, and each upgrade ended as
  /// it would have ended without them.
  @Suite("A host with attackers on it", .serialized) struct AttackerTests {
    private static let host = "veg"
    private static let other = "nobody"

    /// What both do again and again. Whatever runs as root of what they plant makes a file in /root.
    private static let program = #"""
      import glob, json, os, sys, time
      me = os.environ['USER']
      install, work, backups = '/opt/growroom', '/opt/.fleet-growroom', '/opt/growroom-backups'
      proof = f'/root/made-by-{me}'
      line = f"ExecStartPre=+/bin/sh -c 'id >{proof}'\n"

      def attempt(act, *words):
          try: return act(*words)
          except (OSError, ValueError): return None

      def plant_unit(path):
          text = open(path).read()
          if 'ExecStartPre=+' not in text:
              # In one step: somebody reads it all the time.
              open(path + '.x', 'w').write(text.replace('[Service]\n', '[Service]\n' + line, 1))
              os.rename(path + '.x', path)

      def plant_code(path):
          os.makedirs(os.path.dirname(path), exist_ok=True)
          open(path, 'w').write(f'import os\nif os.getuid() == 0: open({proof!r}, "w").close()\n')

      def mark():
          path = install + '/.fleet-release.json'
          if int(time.time() * 10) % 2: os.unlink(path)
          else:
              marker = json.load(open(path))
              marker['job'] = 'theirs'
              open(path + '.x', 'w').write(json.dumps(marker))
              os.rename(path + '.x', path)

      def link_pictures():
          # A folder that is carried becomes a way out of the tree, and a folder again.
          folder = install + '/cameras/swap'
          os.makedirs(folder, exist_ok=True)
          os.rename(folder, folder + '.real')
          try: os.symlink('/root', folder)
          finally:
              time.sleep(0.02)
              os.unlink(folder)
              os.rename(folder + '.real', folder)

      def lead_outside():
          # Only once 4.1.1 runs, so that what is put back would be put there.
          if "'4.1.1'" not in open(install + '/growroom/config.py').read(): return
          os.chdir('/srv/growroom')
          os.rename('cfg', 'cfg.real')
          os.symlink('/etc', 'cfg')
          os.chdir('/')

      met = set()
      while True:
          for tree in [install, work + '/tree', work + '/incoming', *glob.glob(backups + '/*')]:
              for unit in glob.glob(tree + '/install/*.service'): attempt(plant_unit, unit)
          for pid in filter(str.isdigit, os.listdir('/proc')):
              for unit in attempt(glob.glob, f'/proc/{pid}/root{work}/tree/install/*.service') or []:
                  attempt(plant_unit, unit)
          for place in [work + '/scratch/tmp', work + '/scratch', '/tmp', '/var/tmp']:
              attempt(plant_code, place + '/sitecustomize.py')
              attempt(os.symlink, '/root/precious', place + '/growroom.db')
          if me == 'growroom':
              for act in (mark, link_pictures, lead_outside): attempt(act)
          for name in ['precious', 'made-by-growroom', 'made-by-nobody']:
              if attempt(open, '/root/' + name): open(f'/srv/read-by-{me}', 'a').close()
          time.sleep(0.03)

      """#

    private static func unit(_ user: String) -> String {
      "[Service]\nUser=\(user)\nEnvironment=USER=\(user)\nWorkingDirectory=/\nUMask=0000\n"
        + "ExecStart=/usr/bin/python3 /srv/attacker.py\nRestart=always\nRestartSec=0\n"
        + "[Install]\nWantedBy=multi-user.target\n"
    }

    /// Root's own, from now on: what changes of it is found.
    private func prepare(_ lab: Lab) async throws {
      let program = Data(Self.program.utf8).base64EncodedString()
      try await lab.on(
        Self.host,
        """
        set -e
        umask 022
        echo \(program) | base64 -d >/srv/attacker.py
        install -d -o growroom -g growroom /srv/growroom /srv/growroom/cfg
        echo theirs >/srv/growroom/cfg/hosts; chown growroom: /srv/growroom/cfg/hosts
        printf '%s' '\(Self.unit("growroom"))' >/etc/systemd/system/attacker-growroom.service
        printf '%s' '\(Self.unit(Self.other))' >/etc/systemd/system/attacker-\(Self.other).service
        (umask 077; echo secret >/root/precious)
        systemctl daemon-reload
        systemctl enable --now attacker-growroom attacker-\(Self.other)
        sleep 1; touch /srv/stamp
        """)
    }

    /// Files of root's that were changed since, but for those that fleet writes; and proofs of the attackers' own.
    private func damage(_ lab: Lab) async throws -> [String] {
      try await lab.on(
        Self.host,
        """
        find /root /etc /usr /boot /srv /home -xdev -newerct /srv/stamp ! -type d ! -user growroom \
          ! -user \(Self.other) ! -path '/etc/systemd/system/growroom*.service' \
          ! -path '/etc/systemd/system/fleet-agent-*' ! -name stamp
        find /opt/growroom /opt/growroom-backups -xdev -user root ! -name '.fleet-*' -newerct /srv/stamp ! -type d
        ls -d /root/made-by-* /srv/read-by-* 2>/dev/null
        [ "$(stat -c '%a %h %s' /root/precious) $(cat /root/precious)" = '600 1 7 secret' ] || echo precious
        systemctl show --property=ExecStartPre --value growroom growroomweb | grep .
        grep -l ExecStartPre /etc/systemd/system/growroom*.service
        exit 0
        """
      ).split(separator: "\n").map(String.init)
    }

    private func remove(_ lab: Lab) async throws {
      try await lab.on(
        Self.host,
        "systemctl disable --now attacker-growroom attacker-\(Self.other); "
          + "rm -rf /etc/systemd/system/attacker-*.service /srv/attacker.py /srv/growroom /srv/stamp /srv/read-by-* "
          + "/root/precious /root/made-by-* /tmp/sitecustomize.py /var/tmp/sitecustomize.py /tmp/growroom.db "
          + "/var/tmp/growroom.db; systemctl daemon-reload")
    }

    @Test func `is upgraded, undone, rolled back and recovered as if they were not there`() async throws {
      let (lab, laptop) = try await oneHost(
        Self.host, profile: slowMigration + ["outside: [/srv/growroom/cfg/hosts]"])
      try await prepare(lab)
      do { try await attack(lab, laptop) } catch {
        try? await remove(lab)
        throw error
      }
      try await remove(lab)
      try await lab.expectTidy([Self.host])
    }

    private func attack(_ lab: Lab, _ laptop: Laptop) async throws {
      let host = Self.host
      func expectUnharmed(_ what: String) async throws {
        let damage = try await damage(lab)
        #expect(damage.isEmpty, "\(what): \(damage)")
      }
      // Their plants in the live tree are changes by hand, which is told: hence --leave.
      let upgraded = try await laptop.report("upgrade", "--yes", "--leave", exits: 0)
      upgraded.expect([host: "upgraded"])
      #expect(try await lab.running(host) == "4.1.0")
      try await expectUnharmed("the upgrade")

      try await lab.publish("v4.0.*", "v4.1.0", "v4.1.1")
      let undone = try await laptop.report("upgrade", "--yes", "--leave", exits: 2)
      undone.expect([host: "rolled_back"])
      #expect(try await lab.running(host) == "4.1.0")
      #expect(
        undone[host]?.undoReason?.text.contains("/srv/growroom/cfg/hosts was not put back") == true,
        "\(undone)")
      try await expectUnharmed("the undo")
      try await lab.on(host, "cd /srv/growroom; systemctl stop attacker-growroom; rm cfg; mv cfg.real cfg")
      try await lab.on(host, "systemctl start attacker-growroom")

      try await laptop.fleet("clear", host, exits: 0)
      // The tree of the backup is theirs as well, and its unit files are planted by now.
      try await laptop.fleet("rollback", host, "--yes", exits: 0)
      #expect(try await lab.running(host) == "4.0.26")
      try await expectUnharmed("the rollback")

      try await laptop.fleet("clear", host, exits: 0)
      try await lab.publish("v4.0.*", "v4.1.0")
      let cut = try laptop.start(["upgrade", "--yes", "--leave", "-o", "json"])
      try await laptop.told(cut, "step_started", step: "migrate")
      try await lab.cutPower(host, for: .milliseconds(200))
      cut.signal(SIGKILL)
      _ = await cut.ended()
      try await eventually("the old version runs again") {
        try await lab.running(host) == "4.0.26" ? () : nil
      }
      try await expectUnharmed("the recovery at boot")
    }
  }
}
