import Driver
import ArgumentParser
import Release

/// Words of the command line that name releases.
enum Parsing {
  static func track(_ text: String) throws -> Track {
    guard let track = Track(text) else {
      throw ValidationError("\"\(text)\" is no track; one is called v4, v4.1 or exp-v4.")
    }
    return track
  }

  static func release(_ text: String) throws -> TagWish {
    guard let wish = TagWish(text) else {
      throw ValidationError(
        "\"\(text)\" is no version; one is called 4.2.0, v4.2.0 or exp-v4.9.0, without the tag_prefix of its "
          + "source.")
    }
    return wish
  }
}
