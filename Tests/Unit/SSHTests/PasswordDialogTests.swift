import Testing

@testable import SSH

@Suite struct PasswordDialogTests {
  private let hidden = (text: "Password: ", isShown: false)

  @Test func `the password goes to the first question for something hidden, once`() {
    var dialog = PasswordDialog(password: "grow room")
    #expect(dialog.answers(to: []) == [])
    #expect(dialog.answers(to: [hidden]) == ["grow room"])
    #expect(dialog.unanswered == nil)
    #expect(dialog.answers(to: [hidden]) == [""])
    #expect(dialog.unanswered == nil, "it was wrong")
    #expect(dialog.answers(to: [("New password: ", false)]) == [""])
    #expect(dialog.unanswered == "New password: ")
  }

  @Test func `what is shown while it is typed, or asked for beside another, is never the password`() {
    var name = PasswordDialog(password: "grow room")
    #expect(name.answers(to: [("Your name: ", true)]) == [""])
    #expect(name.unanswered == "Your name: ")
    #expect(name.answers(to: [hidden]) == ["grow room"])
    var both = PasswordDialog(password: "grow room")
    #expect(both.answers(to: [hidden, ("Verification code: ", false)]) == ["", ""])
    #expect(both.unanswered == "Verification code: ")
  }
}
