import Foundation
import TestSupport
import Testing
import Wire

/// What is the user's goes through an upgrade whole, however much and however odd it is.
@Suite(.serialized) struct UserFilesJobTests {
  @Test func `pictures are kept, and those taken between stage and stop too`() throws {
    let room = try Room()
    try room.python(
      """
      import os
      for day in range(100):
          os.makedirs(f'cameras/old/{day}')
          for n in range(20):
              with open(f'cameras/old/{day}/{n}.png', 'wb') as picture:
                  picture.write(b'%d' % n)
      """)
    let poller = Poller(port: room.port)
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    // One day is new, one is gone, a picture is written anew and one by its owner's hand in place.
    try room.python(
      """
      import os, shutil
      os.makedirs('cameras/old/new')
      open('cameras/old/new/1.png', 'w').write('new')
      shutil.rmtree('cameras/old/7')
      open('cameras/old/part', 'w').write('anew'); os.replace('cameras/old/part', 'cameras/old/8/8.png')
      open('cameras/old/9/9.png', 'a').write(', edited')
      """)
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .upgraded, "\(result)")
    let seen = try room.python(
      """
      import os
      print(sum(len(files) for _, _, files in os.walk('cameras/old')), os.path.exists('cameras/old/7'),
            *(open(f'cameras/old/{name}').read() for name in ['new/1.png', '8/8.png', '9/9.png', '99/19.png']))
      """)
    #expect(seen == "1981 False new anew 9, edited 19")
    // Both trees have them, once on the disk.
    let backup = room.folder.appending(path: "backups/\(try #require(result.backup))/cameras/old")
    #expect(
      try Shell.output(
        "/usr/bin/stat", "-c", "%i", backup.appending(path: "99/19.png").path)
        == Shell.output(
          "/usr/bin/stat", "-c", "%i", room.install.appending(path: "cameras/old/99/19.png").path))
  }

  @Test func `sparse and huge files stay so, and take no room that they do not have`() throws {
    let room = try Room()
    try room.python(
      """
      import os
      os.makedirs('cameras/old')
      # More than this machine's disk: were it copied or counted, nothing would fit.
      with open('cameras/old/film', 'wb') as film:
          film.truncate(2 << 40)
          film.seek(1 << 40); film.write(b'middle')
      with open('certs/image', 'wb') as image:
          image.write(b'begin'); image.truncate(600 << 20)
          image.seek((600 << 20) - 3); image.write(b'end')
      """)
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
    let seen = try room.python(
      """
      import os
      film, image = os.stat('cameras/old/film'), os.stat('certs/image')
      with open('cameras/old/film', 'rb') as file:
          file.seek(1 << 40); middle = file.read(6)
      with open('certs/image', 'rb') as file:
          begin = file.read(5); file.seek(-3, 2); end = file.read()
      print(film.st_size, film.st_nlink, middle, image.st_size, image.st_blocks < 1000, begin, end)
      """)
    #expect(seen == "\(2 << 40) 2 b'middle' \(600 << 20) True b'begin' b'end'")
  }

  @Test func `names in any bytes are carried, and told in words that can be shown`() throws {
    let room = try Room()
    try room.python(
      #"""
      import os, sqlite3
      name = b'caf\xe9 \xff\n-wal'
      os.makedirs(b'cameras/old/' + name)
      open(b'cameras/old/' + name + b'/\x01.png', 'w').write('picture')
      open(b'certs/' + name, 'w').write('certificate')
      open(b'certs/e\xcc\x81', 'w').write('two'); open(b'certs/\xc3\xa9', 'w').write('one')
      os.makedirs('books')
      db = sqlite3.connect(b'books/\xe9\n.db'.decode('utf-8', 'surrogateescape'), isolation_level=None)
      db.execute('PRAGMA journal_mode=WAL')
      db.execute('CREATE TABLE rows (text TEXT)'); db.execute("INSERT INTO rows VALUES ('kept')")
      db.close()
      open(b'notes \xff\x1b[31m', 'w').write('mine')
      """#)
    func change(_ profile: inout AppProfile) { profile.carry.append(Room.books) }
    let refused = try room.stage("4.1.0", job: "job-1", change: change)
    #expect(refused.outcome == .refused && refused.reason?.code == .leftBehind, "\(refused)")
    let told = try #require(refused.leftBehind.first)
    #expect(refused.leftBehind.count == 1 && told.hasPrefix("notes "), "\(refused.leftBehind)")
    #expect(told.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "a terminal would obey it")

    #expect(try room.stage("4.1.0", job: "job-2", leave: true, change: change).outcome == nil)
    let result = try room.cutover(job: "job-2")
    #expect(result.outcome == .upgraded, "\(result)")
    let seen = try room.python(
      #"""
      import os, sqlite3
      name = b'caf\xe9 \xff\n-wal'
      db = sqlite3.connect(b'books/\xe9\n.db'.decode('utf-8', 'surrogateescape'))
      print(open(b'cameras/old/' + name + b'/\x01.png').read(), open(b'certs/' + name).read(),
            open(b'certs/e\xcc\x81').read(), open(b'certs/\xc3\xa9').read(),
            db.execute('SELECT text FROM rows').fetchone()[0], os.path.exists(b'notes \xff\x1b[31m'))
      """#)
    #expect(seen == "picture certificate two one kept False")
    let backup = room.folder.appending(path: "backups/\(try #require(result.backup))")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: backup.path).contains { $0.hasPrefix("notes ") })
  }

  /// Makes a place for the app's data on another disk, and what leads to it.
  private static let data: [(name: String, make: String, tells: String)] = [
    ("an absolute link", "os.symlink(elsewhere, 'data')", "data (a link to "),
    ("a relative link", "os.symlink('../elsewhere', 'data')", "data (a link to ../elsewhere"),
    ("a link to what is away", "os.symlink('/mnt/none/data', 'data')", "data (a link to /mnt/none/data"),
    (
      "a link in a folder", "os.makedirs('var'); os.symlink('../../elsewhere', 'var/data')",
      "var/data (a link to "
    ),
    (
      "a folder of the release", "os.symlink(elsewhere, 'docs')",
      "docs (a link to "
    ),
    (
      "a database", "os.makedirs('var'); sqlite3.connect('var/x').execute('CREATE TABLE t (x)')",
      "var/x (a database)"
    ),
  ]

  @Test func `data that would be left behind is never meant by --leave`() throws {
    let room = try Room()
    for (index, odd) in Self.data.enumerated() {
      try room.python(
        """
        import os, shutil, sqlite3
        elsewhere = os.path.abspath('../elsewhere'); os.makedirs(elsewhere, exist_ok=True)
        if not os.path.lexists('inside'): os.symlink('config.ini', 'inside')
        for name in ('data', 'docs', 'var'):
            if os.path.islink(name): os.unlink(name)
            else: shutil.rmtree(name, True)
        \(odd.make)
        """)
      let refused = try room.stage("4.1.0", job: "job-\(index)", leave: true)
      #expect(
        refused.outcome == .refused && refused.reason?.code == .dataLeftBehind, "\(odd.name): \(refused)")
      #expect(refused.reason?.text.contains(odd.tells) == true, "\(odd.name): \(refused)")
      #expect(refused.reason?.text.contains("inside (") == false, "\(odd.name): \(refused)")
    }
    let plain = try room.stage("4.1.0", job: "job-plain")
    #expect(plain.reason?.code == .dataLeftBehind, "\(plain)")
  }

  @Test func `what an app made by itself, and what is the user's, is told in groups, asked for or refused`()
    throws
  {
    let room = try Room()
    try room.python(
      """
      import os, sqlite3
      def put(path, text='x'):
          os.makedirs(os.path.dirname(path) or '.', exist_ok=True); open(path, 'w').write(text)
      for n in range(30): put(f'uploads/2024/{n}.jpg')
      for n in range(5): put(f'growroom/__pycache__/m{n}.cpython-311.pyc')
      put('growroom.egg-info/PKG-INFO'); put('venv/pyvenv.cfg'); put('venv/lib/x.py')
      os.makedirs('venv/bin'); os.symlink('/usr/bin/python3', 'venv/bin/python')
      put('logs/app.log'); put('logs/app.log.1'); put('config.ini~'); put('ssl/server.key'); put('notes.txt')
      open('growroom/config.py', 'a').write('# mine')
      """)
    func change(_ profile: inout AppProfile) { profile.ignore = ["env"] }
    let session = try AgentSession(room)
    let file = try room.listing("4.0.26")
    let sha256 = String(try Shell.output("/usr/bin/sha256sum", file.path).prefix(64))
    let size = Int64(try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0)
    try session.upload(file, sha256: sha256, size: size)
    var profile = room.profile
    change(&profile)
    let order = AccountOrder(profile: profile, installedListing: Artifact(sha256: sha256, size: size))
    guard case .account(let groups) = try session.ask(.account(order)) else {
      throw Shell.Failed("no account")
    }
    session.close()
    let texts = groups.map(\.text)
    #expect(
      texts.filter { !$0.contains("__pycache__") } == [
        "growroom/config.py: a file that is not as the release has it",
        "notes.txt: a file that the release does not have", "ssl/: a certificate or key",
        "uploads/: 30 pictures and films", "*~: a backup of an editor", "venv/: 3 files of an environment",
        "logs/: 2 logs", "*.egg-info: a file of an installed package's description",
      ])
    #expect(
      texts.contains { $0.hasPrefix("__pycache__: ") && $0.hasSuffix(" files of byte-code caches") },
      "\(texts)")
    #expect(try room.hostStatus().state == "idle" && room.leftovers() == [], "it changed something")

    // The stage says the same, of nobody's hand, and an interpreter's link is no data.
    let refused = try room.stage("4.1.0", job: "job-1", change: change)
    // Meanwhile the app may have compiled more.
    let tail = refused.reason?.logTail.filter { !$0.contains("__pycache__") }
    #expect(
      refused.reason?.code == .leftBehind && tail == texts.filter { !$0.contains("__pycache__") },
      "\(refused)")
    #expect(refused.leftBehind.contains("growroom/config.py (not as the release has it)"))
    #expect(!"\(refused)".contains("by hand"))
    // Without the list nobody knows what is the release's, and nothing is said that would need it.
    let blind = try room.stage("4.1.0", job: "job-2", from: nil, change: change)
    #expect(blind.reason?.logTail.contains { $0.contains("of unknown origin") } == true, "\(blind)")
  }

  @Test func `data on another disk is carried as a link, and put back where an undo goes`() throws {
    let room = try Room()
    let elsewhere = room.folder.appending(path: "elsewhere").path
    try room.python(
      """
      import os, sqlite3
      os.makedirs('../elsewhere'); os.symlink('../elsewhere', 'data')
      db = sqlite3.connect('data/x.db'); db.execute('CREATE TABLE t (x)'); db.execute('INSERT INTO t VALUES (1)')
      db.commit()
      """)
    func change(_ profile: inout AppProfile) {
      profile.carry.append(Carry(kind: .copy, path: "data"))
      profile.outside = [elsewhere]
    }
    let add =
      "/usr/bin/python3 -c \"import sqlite3; db = sqlite3.connect('data/x.db')\n"
      + "db.execute('INSERT INTO t VALUES (2)'); db.commit()\""
    _ = try room.stage("4.1.0", job: "job-1") {
      change(&$0)
      $0.steps.finish = [Run(command: .shell("\(add); exit 1"))]
    }
    let undone = try room.cutover(job: "job-1")
    #expect(undone.outcome == .rolledBack && undone.rowsDiscarded == 1, "\(undone)")
    let rows = "import sqlite3; print(sqlite3.connect('data/x.db').execute('SELECT * FROM t').fetchall())"
    #expect(try room.python(rows) == "[(1,)]")

    _ = try room.agent("clear", "growroom")
    let staged = try room.stage("4.1.0", job: "job-2", retry: true) {
      change(&$0)
      $0.steps.finish = [Run(command: .shell(add))]
    }
    #expect(staged.outcome == nil, "\(staged)")
    #expect(try room.cutover(job: "job-2").outcome == .upgraded)
    #expect(try room.python(rows) == "[(1,), (2,)]")
  }

  @Test func `files that nobody listed are not left behind silently when they come after the stage`() throws {
    let room = try Room()
    let poller = Poller(port: room.port)
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    try room.put("mine", at: "notes-of-mine.txt")
    let late = try room.cutover(job: "job-1")
    #expect(late.outcome == .deferred && late.reason?.code == .stageExpired, "\(late)")
    #expect(late.reason?.text.contains("notes-of-mine.txt") == true)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    // The next stage says so before anything else is done, as always.
    let refused = try room.stage("4.1.0", job: "job-1")
    #expect(refused.outcome == .refused && refused.reason?.code == .leftBehind)

    // Where they may stay behind, those that came late are told too, and lie in the backup.
    #expect(try room.stage("4.1.0", job: "job-2", leave: true).outcome == nil)
    try room.put("mine too", at: "more-of-mine.txt")
    let result = try room.cutover(job: "job-2")
    #expect(result.outcome == .upgraded)
    #expect(result.leftBehind.map { $0.prefix(16) } == ["more-of-mine.txt", "notes-of-mine.tx"])
    let backup = room.folder.appending(path: "backups/\(try #require(result.backup))")
    #expect(
      try String(contentsOf: backup.appending(path: "more-of-mine.txt"), encoding: .utf8) == "mine too")
  }
}
