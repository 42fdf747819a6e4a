/// Who shall own what is extracted.
package struct FileOwner: Sendable, Hashable, Codable {
  package let userID: UInt32
  package let groupID: UInt32

  package init(userID: UInt32, groupID: UInt32) {
    self.userID = userID
    self.groupID = groupID
  }
}
