import CYAML

/// What libyaml finds in a text, one thing after the other (yaml.h, yaml_parser_parse). What it hands out is copied and
/// given back at once.
final class YAMLEvents {
  /// Counted from 1; columns are scalars.
  struct Mark: Equatable {
    var line: Int
    var column: Int

    fileprivate init(_ mark: yaml_mark_t) {
      line = Int(mark.line) + 1
      column = Int(mark.column) + 1
    }
  }

  enum Event {
    /// A document.
    case begins
    /// A list, a mapping or a document.
    case ends
    case node(Node)
  }

  struct Node {
    enum Content {
      case alias(String)
      case scalar(String, isPlain: Bool)
      case list
      case mapping
    }
    var content: Content
    /// What later aliases call it.
    var anchor: String?
    /// As it stands for its handle: `tag:yaml.org,2002:int` for `!!int`; nil where nobody wrote one.
    var tag: String?
    var mark: Mark
  }

  /// What it cannot read, in its own words.
  struct Problem: Error {
    var text: String
    /// nil where it does not say.
    var mark: Mark?
    /// What it was reading, and where that began.
    var context: (text: String, mark: Mark)?
  }

  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  /// It is read where it lies, for as long as there is a parser.
  private let text: UnsafeMutablePointer<UInt8>
  private let isReady: Bool

  init(_ text: String) {
    let bytes = Array(text.utf8)
    self.text = .allocate(capacity: bytes.count)
    self.text.initialize(from: bytes, count: bytes.count)
    parser.initialize(to: yaml_parser_t())
    isReady = yaml_parser_initialize(parser) == 1
    guard isReady else { return }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, self.text, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    text.deallocate()
  }

  /// nil at the end.
  func next() throws(Problem) -> Event? {
    var event = yaml_event_t()
    defer { yaml_event_delete(&event) }
    guard isReady, yaml_parser_parse(parser, &event) == 1 else { throw problem }
    switch event.type {
    case YAML_STREAM_START_EVENT: return try next()
    case YAML_DOCUMENT_START_EVENT: return .begins
    case YAML_DOCUMENT_END_EVENT, YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .ends
    case YAML_ALIAS_EVENT: return node(event, .alias(Self.string(event.data.alias.anchor) ?? ""))
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let value = String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
      return node(event, .scalar(value, isPlain: isPlain), scalar.anchor, scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      return node(event, .list, event.data.sequence_start.anchor, event.data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT:
      return node(event, .mapping, event.data.mapping_start.anchor, event.data.mapping_start.tag)
    default: return nil
    }
  }

  private func node(
    _ event: yaml_event_t, _ content: Node.Content, _ anchor: UnsafeMutablePointer<yaml_char_t>? = nil,
    _ tag: UnsafeMutablePointer<yaml_char_t>? = nil
  ) -> Event {
    .node(
      Node(content: content, anchor: Self.string(anchor), tag: Self.string(tag), mark: Mark(event.start_mark))
    )
  }

  private static func string(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    bytes.map { String(cString: $0) }
  }

  /// Its words are constants of the library.
  private var problem: Problem {
    let state = parser.pointee
    let hasMark = state.error == YAML_SCANNER_ERROR || state.error == YAML_PARSER_ERROR
    return Problem(
      text: state.problem.map { String(cString: $0) } ?? "no memory is left",
      mark: hasMark ? Mark(state.problem_mark) : nil,
      context: state.context.map { (String(cString: $0), Mark(state.context_mark)) })
  }
}
