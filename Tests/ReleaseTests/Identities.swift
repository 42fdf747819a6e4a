import Release

/// An identity whose ids are one digit repeated.
func identity(
  _ tag: String, commit: String?, tree: String?, sha256: String? = nil
) -> ReleaseIdentity {
  ReleaseIdentity(
    tag: TagName(tag)!, commit: commit.map(object), tree: tree.map(object), sha256: sha256.map(digest))
}

func object(_ digit: String) -> ObjectID { ObjectID(String(repeating: digit, count: 40))! }

func digest(_ digit: String) -> SHA256Digest { SHA256Digest(String(repeating: digit, count: 64))! }
