import Effects

/// Whether the whole machine goes down; then nothing is decided any more.
enum SystemState {
  static var isShuttingDown: Bool {
    Launcher.hasSystemd && Systemctl.system.isShuttingDown()
  }
}
