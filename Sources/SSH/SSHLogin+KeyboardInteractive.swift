import CSSH2
import Glibc

/// What a server that asks questions (RFC 4256) is answered by somebody who has given a password: that, once, where
/// one answer is wanted that is not to be seen. To all else the answer is empty, and the question is kept, to be told;
/// but the same question again only means that the password was wrong. Pure.
struct PasswordDialog {
  let password: String
  private var answered: String?
  /// What it wanted besides: a code, say, or a new password.
  private(set) var unanswered: String?

  init(password: String) { self.password = password }

  mutating func answers(to questions: [(text: String, isShown: Bool)]) -> [String] {
    if questions.count == 1, !questions[0].isShown, answered == nil {
      answered = questions[0].text
      return [password]
    }
    let others = questions.map(\.text).filter { $0 != answered }
    if unanswered == nil { unanswered = others.last }
    return questions.map { _ in "" }
  }
}

extension SSHLogin {
  func tryQuestions(_ password: String) throws(SSHError) -> AuthenticationAttempt.Reason? {
    let dialog = DialogBox(PasswordDialog(password: password))
    let name = Array(user.utf8CString)
    guard let context = libssh2_session_abstract(link.raw) else { return .methodNotOffered }
    context.pointee = Unmanaged.passUnretained(dialog).toOpaque()
    defer { context.pointee = nil }
    let code = try withExtendedLifetime(dialog) { () throws(SSHError) in
      try link.attempt("login with password", until: deadline) {
        Int(
          libssh2_userauth_keyboard_interactive_ex(
            link.raw, name, UInt32(name.count - 1),
            { _, _, _, _, count, questions, answers, context in
              answer(count, questions, answers, context)
            }))
      }
    }
    let reason = try judge(code)
    guard reason != nil, let question = dialog.dialog.unanswered else { return reason }
    return .asksMore(question)
  }
}

/// What the C callback has of Swift.
private final class DialogBox {
  var dialog: PasswordDialog
  init(_ dialog: PasswordDialog) { self.dialog = dialog }
}

/// Fills in `answers`, each malloc(3)ed since libssh2 frees it with the session's allocator, which is the default one.
private func answer(
  _ count: Int32, _ questions: UnsafePointer<LIBSSH2_USERAUTH_KBDINT_PROMPT>?,
  _ answers: UnsafeMutablePointer<LIBSSH2_USERAUTH_KBDINT_RESPONSE>?,
  _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) {
  guard count > 0, let questions, let answers, let box = context?.pointee else { return }
  let dialog = Unmanaged<DialogBox>.fromOpaque(box).takeUnretainedValue()
  let asked = (0..<Int(count)).map { index -> (text: String, isShown: Bool) in
    let text = UnsafeRawPointer(questions[index].text)
    let bytes = UnsafeRawBufferPointer(start: text, count: text == nil ? 0 : Int(questions[index].length))
    return (String(decoding: bytes, as: UTF8.self), questions[index].echo != 0)
  }
  for (index, text) in dialog.dialog.answers(to: asked).enumerated() {
    let bytes = Array(text.utf8)
    guard let copy = malloc(max(bytes.count, 1)) else { return }
    copy.copyMemory(from: bytes, byteCount: bytes.count)
    answers[index].text = copy.assumingMemoryBound(to: CChar.self)
    answers[index].length = UInt32(bytes.count)
  }
}
