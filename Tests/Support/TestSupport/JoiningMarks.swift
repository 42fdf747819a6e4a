/// Scalars that join the one before them to one Character: a slash or a quote with one of them behind it is, to
/// Swift, not that slash or quote any more; to the kernel, a shell and SQL it is.
public enum JoiningMarks {
  /// An accent, the joiner of emoji, a variation selector, an enclosing circle.
  public static let all = ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{20DD}"]
}
