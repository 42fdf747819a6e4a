import ByteText
import NIOCore
import NIOHTTP1

/// One connection: a request in, its answer out, closed.
final class WebExchange: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let limits: WebLimits
  private let answer: @Sendable (WebRequest) async -> WebResponse
  /// Of the listener: whether it is one of the file system.
  private let isSocket: Bool
  /// As it was when it came: of a connection that is broken off, the kernel tells nothing any more.
  private var peer: WebPeer?
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var deadline: Scheduled<Void>?
  /// The answer under way; what comes in now is not read.
  private var work: Task<Void, Never>?

  init(
    limits: WebLimits, isSocket: Bool, answer: @escaping @Sendable (WebRequest) async -> WebResponse
  ) {
    self.limits = limits
    self.isSocket = isSocket
    self.answer = answer
  }

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    peer = isSocket ? .socket : context.remoteAddress.flatMap(WebPeer.init)
    guard peer != nil else { return context.close(promise: nil) }
    deadline = context.eventLoop.scheduleTask(in: .seconds(Int64(limits.requestSeconds))) {
      channel.close(promise: nil)
    }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    work?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard work == nil, peer != nil else { return }
    switch unwrapInboundIn(data) {
    case .head(let found): head = found
    case .body(let bytes):
      guard body.count + bytes.readableBytes <= limits.bodyBytes else {
        return begin(context) { WebResponse(413) }
      }
      body += bytes.readableBytesView
    case .end:
      guard let head, let request = request(head) else {
        return begin(context) { WebResponse(400) }
      }
      begin(context, isHead: request.method == .head) { [answer] in await answer(request) }
    }
  }

  /// What is no HTTP, or more than is allowed of it.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard work == nil, error is HTTPParserError else { return context.close(promise: nil) }
    begin(context) { WebResponse(400) }
  }

  private func request(_ head: HTTPRequestHead) -> WebRequest? {
    var headers: [String: [String]] = [:]
    for (name, value) in head.headers { headers[name.asciiLowercase, default: []].append(value) }
    let method: WebRequest.Method =
      switch head.method {
      case .GET: .get
      case .HEAD: .head
      case .POST: .post
      default: .other
      }
    return peer.flatMap {
      WebRequest(method, target: head.uri, headers: headers, body: body, peer: $0)
    }
  }

  private func begin(
    _ context: ChannelHandlerContext, isHead: Bool = false,
    _ answer: @escaping @Sendable () async -> WebResponse
  ) {
    deadline?.cancel()
    let client = Client(channel: context.channel, stallSeconds: limits.stallSeconds)
    work = Task {
      let response = await answer()
      try? await client.send(response, isHead: isHead)
      client.channel.close(promise: nil)
    }
  }
}

extension WebPeer {
  /// nil where it is no IP address.
  init?(_ address: SocketAddress) {
    guard let ip = address.ipAddress, let port = address.port else { return nil }
    self = .address(ip, port: port)
  }
}

/// Who is answered.
private struct Client: Sendable {
  let channel: any Channel
  let stallSeconds: Int

  func send(_ response: WebResponse, isHead: Bool) async throws {
    var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: response.status))
    for (name, value) in response.headers { head.headers.add(name: name, value: value) }
    head.headers.add(name: "Connection", value: "close")
    switch response.body {
    case .whole(let bytes):
      head.headers.add(name: "Content-Length", value: "\(bytes.count)")
      try await write(.head(head))
      if !bytes.isEmpty, !isHead { try await write(.body(.byteBuffer(ByteBuffer(bytes: bytes)))) }
    case .stream(let stream):
      try await write(.head(head))
      if !isHead {
        for await bytes in stream { try await write(.body(.byteBuffer(ByteBuffer(bytes: bytes)))) }
      }
    }
    try await write(.end(nil))
  }

  /// Until the kernel has it. A client that takes nothing in is let go.
  private func write(_ part: HTTPServerResponsePart) async throws {
    let stall = channel.eventLoop.scheduleTask(in: .seconds(Int64(stallSeconds))) { [channel] in
      channel.close(promise: nil)
    }
    defer { stall.cancel() }
    try await channel.writeAndFlush(part).get()
  }
}
