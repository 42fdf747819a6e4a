/// Decodes a value that is written as one string; `meaning` names what was expected.
func decodeText<Value: LosslessStringConvertible>(
  _ decoder: any Decoder, as meaning: String
) throws -> Value {
  let container = try decoder.singleValueContainer()
  let text = try container.decode(String.self)
  guard let value = Value(text) else {
    throw DecodingError.dataCorruptedError(
      in: container, debugDescription: "\u{201C}\(text)\u{201D} is not \(meaning)")
  }
  return value
}
