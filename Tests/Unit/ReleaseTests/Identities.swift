import Release
import Testing

/// An identity whose ids are one digit repeated.
func identity(
  _ tag: String, commit: String?, tree: String?, sha256: String? = nil
) -> ReleaseIdentity {
  ReleaseIdentity(
    tag: valid(TagName(tag)), commit: commit.map(object), tree: tree.map(object),
    sha256: sha256.map(digest))
}

func object(_ digit: String) -> ObjectID { valid(ObjectID(String(repeating: digit, count: 40))) }

func digest(_ digit: String) -> SHA256Digest {
  valid(SHA256Digest(String(repeating: digit, count: 64)))
}

/// What a test wrote itself, and wrote well.
func valid<Value>(_ value: Value?) -> Value {
  guard let value else { fatalError("the test's own value is not valid") }
  return value
}
