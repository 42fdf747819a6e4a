/// What a client may take of us. Whoever takes more is answered and let go, or just let go.
package struct WebLimits: Sendable {
  /// Connections at once, of all clients; one more is closed at once. A page that is open holds one.
  package var connections = 128
  /// Of those, from one address.
  package var connectionsOfOne = 64
  /// Of the request line and all headers.
  package var headBytes = 16 << 10
  package var headers = 64
  package var bodyBytes = 64 << 10
  /// For a whole request, from the connection on.
  package var requestSeconds = 20
  /// For a client to take in what was sent to it.
  package var stallSeconds = 30

  package init() {}
}
