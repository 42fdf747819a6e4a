import ByteText

/// The first inventory: what `fleet init` writes, and the example of a checkout. Pure.
package struct InventoryTemplate {
  package struct Entry: Equatable {
    package var name: String
    /// nil: as `ssh NAME` says.
    var address: String?

    /// As it stands under `hosts:`.
    package var line: String { InventoryTemplate.line(self) }
  }

  var app: String
  var hosts: [Entry]

  package init(app: String, hosts: [Entry]) {
    self.app = app
    self.hosts = hosts
  }

  /// Each key that is left out stands behind a #, with its default or as an example.
  package var text: String {
    """
    # The inventory: which app, on which hosts, and how a rollout goes. docs/inventory.md explains every key.
    # This much is enough:
    #
    #   app: mycodo
    #   hosts:
    #     veg: 192.168.1.21
    #
    # Everything below that stands behind a # shows a key with its default, or an example. What a host does not say
    # comes from your SSH configuration: where "ssh NAME" works, fleet works. Of several apps docs/inventory.md tells.

    app: \(app)
    # profile: { keep_backups: 5 }      # changes single keys of apps/\(app).yaml, for all hosts

    hosts:
    \(hosts.map(Self.line).joined(separator: "\n"))
    #   clone:                          # as "ssh clone" would
    #   office: { connection: local }   # this very machine
    #   attic: { address: "me@attic.local:2222", hold: true, install: /srv/Mycodo }
    #   tent-1: { address: tent1.local, groups: [blooming] }
    #   tent-2: { address: tent2.local, groups: [blooming] }

    # defaults:                         # for every host, unless its group or the host itself says otherwise
    #   user: me
    #   port: 22
    #   ssh_key: ~/.ssh/id_ed25519
    #   become: sudo                    # or none
    #   transport: auto                 # or libssh2, or openssh: your own ssh
    #   track: v8                       # the releases to move along; default: the installed major

    # groups:
    #   blooming:
    #     vars: { light: 12h }          # steps see it as FLEET_VAR_LIGHT
    #     window: "Sat,Sun 10:00-16:00"
    #   tents: { groups: [blooming] }   # a group of groups

    # timezone: Europe/Berlin           # of the windows; default: that of the machine where you type
    # skip: ["8.16.1"]                  # releases that are passed over everywhere

    # rollout:
    #   canary: 1                       # so many of the first that can, or [tent-1]
    #   batches: [1]                    # like [1, 2, "50%"]; the last one repeats
    #   max_parallel: 1                 # cutovers at once within a batch
    #   stage_parallel: 4               # hosts that are staged at once
    #   max_failures: 0                 # more than this halts the rollout
    #   unreachable: continue           # or halt
    #   on_failure: halt                # or rollback
    #   soak: 2m                        # between batches
    #   canary_for: 0s
    #   never_together: [[tent-1, tent-2]]
    #   undo_unless_reachable: off      # or 5m

    # notify:
    #   - { ntfy: "https://ntfy.sh/my-topic" }
    #   - { webhook: "https://example.org/hook" }
    #   - { run: "mail -s \\"$FLEET_TITLE\\" me@example.org" }

    """
  }

  private static func line(_ host: Entry) -> String {
    guard let address = host.address else { return "  \(host.name):" }
    return "  \(host.name): \(address.yaml)"
  }
}

extension InventoryTemplate.Entry {
  /// `veg`, `veg=192.168.1.21`, `veg=me@veg.local`, or `me@veg.local`, whose name is then the first part of the
  /// address.
  init(_ word: String) throws(Wrong) {
    let parts = word.pieces(by: "=", maxSplits: 1, keepingEmpty: true)
    let address: String?
    let name: String
    if parts.count > 1 {
      (name, address) = (String(parts[0]), String(parts[1]))
    } else if let (_, place) = word.cut(atLast: "@") {
      // Of digits alone the whole address is the name: the first part says nothing.
      let hasPort = place.unicodeScalars.count { $0 == ":" } == 1
      let bare = hasPort ? place.leading { $0 != ":" } : Substring(place)
      let isNumber = bare.unicodeScalars.allSatisfy { $0.isDigit || $0 == "." }
      (name, address) = (String(isNumber ? bare : bare.leading { $0 != "." }), word)
    } else {
      (name, address) = (word, nil)
    }
    let wrong = Wrong(
      "\"\(word)\" is no host; one is veg, veg=192.168.1.21, veg=me@veg.local or me@veg.local")
    do throws(Wrong) {
      try HostReader.checkName(name, "host")
      if let address { _ = try HostAddress(address) }
    } catch {
      throw wrong
    }
    self.init(name: name, address: address)
  }

  /// The hosts that words name; each name once.
  package static func all(_ words: [String]) throws(Wrong) -> [InventoryTemplate.Entry] {
    var entries: [InventoryTemplate.Entry] = []
    for word in words {
      let entry = try InventoryTemplate.Entry(word)
      guard !entries.contains(where: { $0.name.isSpelled(entry.name) }) else {
        throw Wrong("\"\(entry.name)\" is said twice; name one of them otherwise: NAME=ADDRESS")
      }
      entries.append(entry)
    }
    return entries
  }
}
