import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Coordinator

/// `apps:`, where one inventory is of several apps.
@Suite struct AppsTests {
  static let file = """
    apps:
      app:
        hosts:
          veg: { install: /srv/App, track: v4, vars: { light: 12h } }
          tents:
            window: "Sat 10:00-16:00"
        rollout: { soak: 1m }
        skip: 4.1.1
      other:
        hosts: [veg, dry]
        track: v2
        profile: { keep_backups: 7 }
    defaults: { user: me }
    groups: { tents: }
    rollout: { canary: [tent-2, dry], never_together: [[veg, tent-1, dry]], soak: 5m }
    hosts:
      veg: veg.local
      tent-1: { address: one.local, groups: [tents] }
      tent-2: { address: two.local, groups: [tents], window: "Sun 10:00-16:00" }
      dry:
    """

  private func folder(_ text: String = file) throws -> InventoryFolder {
    let folder = try InventoryFolder(text)
    try folder.write(InventoryFolder.profile.replacing("/opt/App", with: "/opt/Other"), "apps/other.yaml")
    return folder
  }

  private func complaints(_ text: String) throws -> String {
    let folder = try folder(text)
    do throws(InventoryErrors) {
      _ = try Fleet.load(from: folder.location, app: "app")
      return ""
    } catch { return error.description }
  }

  @Test func `each app has its hosts, with what is said of them for it`() throws {
    let folder = try folder()
    let app = try Fleet.load(from: folder.location, app: "app")
    #expect(app.app == "app" && app.apps == ["app", "other"] && app.namedApp == "app")
    #expect(app.hosts.map(\.name) == ["veg", "tent-1", "tent-2"])
    let veg = try #require(app.hosts.first)
    #expect(veg.address == "veg.local" && veg.user == "me" && veg.track == "v4")
    #expect(veg.profiles.first?.agent.install == "/srv/App" && veg.vars == ["LIGHT": "12h"])
    #expect(app.hosts.map(\.windows) == [[], ["Sat 10:00-16:00"], ["Sat 10:00-16:00"]])
    #expect(app.skip == ["4.1.1"] && app.policy.soakSeconds == 60)
    #expect(app.elsewhere == ["dry"])

    let other = try Fleet.load(from: folder.location, app: "other")
    #expect(other.hosts.map(\.name) == ["veg", "dry"])
    #expect(other.hosts.map(\.track) == ["v2", "v2"])
    #expect(other.hosts.first?.profiles.first?.agent.install == "/opt/Other")
    #expect(other.hosts.first?.profiles.first?.agent.keepBackups == 7)
    #expect(other.hosts.first?.vars == [:] && other.skip == [] && other.policy.soakSeconds == 300)
    #expect(other.hosts.first?.profiles.first?.agent.app == "other")
    #expect(other.elsewhere == ["tent-1", "tent-2", "tents"])
  }

  @Test func `what the rollout says of hosts that an app is not on is not there for it`() throws {
    let folder = try folder()
    let app = try Fleet.load(from: folder.location, app: "app")
    #expect(app.policy.canary == .hosts(["tent-2"]) && app.policy.neverTogether == [["veg", "tent-1"]])
    let other = try Fleet.load(from: folder.location, app: "other")
    #expect(other.policy.canary == .hosts(["dry"]) && other.policy.neverTogether == [["veg", "dry"]])
    let alone = try self.folder(
      "apps: { app: { hosts: [veg] }, other: }\nhosts: { veg: , dry: }\nrollout: { canary: [dry] }")
    #expect(try Fleet.load(from: alone.location, app: "app").policy.canary == .count(1))
  }

  @Test func `an app of which nothing is said is on all hosts`() throws {
    let folder = try folder("apps:\n  app:\n  other: {}\nhosts: { veg: , dry: }")
    for app in ["app", "other"] {
      #expect(try Fleet.load(from: folder.location, app: app).hosts.map(\.name) == ["veg", "dry"])
    }
  }

  @Test func `one that is alone needs not be named, and of several one has to be`() throws {
    let one = try folder("apps: { app: }\nhosts: { veg: }")
    #expect(try one.load().namedApp == nil)
    #expect(try Fleet.load(from: one.location, app: "app").app == "app")
    let folder = try folder()
    do throws(InventoryErrors) {
      _ = try Fleet.load(from: folder.location)
      Issue.record("it was read")
    } catch {
      #expect(error.appsToChooseFrom == ["app", "other"])
      #expect(error.description == "fleet.yaml: it is of app and other\n  --app says which one is meant")
    }
    do throws(InventoryErrors) {
      _ = try Fleet.load(from: folder.location, app: "othr")
      Issue.record("it was read")
    } catch {
      #expect(error.appsToChooseFrom == [])
      #expect(
        error.description
          == "fleet.yaml: there is no app \"othr\" in it: it is of app and other\n  did you mean \"other\"?")
    }
  }

  @Test(arguments: [
    ("app: app\napps: { other: }\nhosts: { veg: }", "1:1: app and apps exclude each other"),
    ("apps: [app]\nhosts: { veg: }", "1:7: apps must be a mapping (name: …), not a list"),
    ("apps: {}\nhosts: { veg: }", "1:7: apps must be a mapping"),
    ("apps: { app: [veg] }\nhosts: { veg: }", "1:14: app must be a mapping"),
    ("apps: { app: { hots: [veg] } }\nhosts: { veg: }", "1:16: unknown key \"hots\" in app"),
    ("apps: { app: { hosts: [vg] } }\nhosts: { veg: }", "1:24: there is no host or group \"vg\""),
    ("apps: { app: { hosts: [] } }\nhosts: { veg: }", "1:23: hosts is empty"),
    ("apps: { app: { hosts: veg } }\nhosts: { veg: }", "1:23: hosts must be a list or a mapping"),
    (
      "apps: { app: { hosts: { veg: { port: 1 } } } }\nhosts: { veg: }", "unknown key \"port\" in host-of-app"
    ),
    ("apps: { app: { hosts: { veg: { track: x y } } } }\nhosts: { veg: }", "track: \"x y\" is not a track"),
    (
      "apps: { app: { hosts: [[veg]] } }\nhosts: { veg: }",
      "each must be the name of a host or group, not a list"
    ),
    (
      "apps: { app: }\nhosts: { veg: { track: v4 } }",
      "2:17: track is of one app, and this inventory has apps"
    ),
    ("apps: { app: }\nprofile: { keep_backups: 2 }\nhosts: { veg: }", "2:1: profile is of one app"),
    ("apps: { app: }\ndefaults: { install: /x }\nhosts: { veg: }", "2:13: install is of one app"),
    ("apps: { app: }\ngroups: { g: { services: [x.service] } }\nhosts: { veg: }", "services is of one app"),
    ("apps: { app: , app.right: }\nhosts: { veg: }", "what an instance of app would be called"),
    ("apps: { app: , nothere: }\nhosts: { veg: }", "there is no profile for the app \"nothere\""),
    ("apps: { app: }", "inventory needs the key hosts"),
    ("apps: { a/b: }\nhosts: { veg: }", "cannot be an app's key"),
  ])
  func `what is wrong is told where it stands`(_ text: String, _ complaint: String) throws {
    let told = try complaints(text)
    #expect(told.contains(complaint), "\(told)")
  }

  @Test func `a host with none of the apps is warned of`() throws {
    let folder = try folder("apps: { app: { hosts: [veg] } }\nhosts: { veg: , dry: }")
    #expect(try folder.load().warnings == ["fleet.yaml:2: dry has none of the apps"])
  }
}
