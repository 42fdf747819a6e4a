import Release
import Testing

@testable import Hosts
@testable import Coordinator

@Suite("The dialogue with sudo") struct SudoDialogueTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func `gives no password where none is wanted`() {
    var dialogue = SudoDialogue(marker: "mark", password: "secret")
    #expect(dialogue.heard(bytes("Welcome\nmark here\nmark ready\nfirst")) == .ready(bytes("first")))
  }

  @Test func `gives the password only after the marker`() {
    var dialogue = SudoDialogue(marker: "mark", password: "secret")
    #expect(
      dialogue.heard(bytes("mark here\nWe trust you have received the usual lecture.\nmark pass")) == .wait)
    #expect(dialogue.heard(bytes("word")) == .say(bytes("secret\n")))
    #expect(dialogue.heard(bytes("\nmark ready\n")) == .ready([]))
  }

  @Test func `stops when a password is wanted and there is none`() {
    var dialogue = SudoDialogue(marker: "mark", password: nil)
    #expect(dialogue.heard(bytes("mark password")) == .stop(.passwordWanted))
  }

  @Test func `gives a wrong password once`() {
    var dialogue = SudoDialogue(marker: "mark", password: "secret")
    #expect(dialogue.heard(bytes("mark password")) == .say(bytes("secret\n")))
    #expect(dialogue.heard(bytes("\nSorry, try again.\nmark password")) == .stop(.passwordWrong))
  }

  @Test func `hands on sudo's own words`() {
    var dialogue = SudoDialogue(marker: "mark", password: nil)
    #expect(dialogue.heard(bytes("mark here\nme is not in the sudoers file.\n")) == .wait)
    #expect(dialogue.heard([]) == .stop(.notAllowed("me is not in the sudoers file.")))
  }

  @Test func `tells a login that ended before anything ran from a sudo that refuses`() {
    var dialogue = SudoDialogue(marker: "mark", password: nil)
    #expect(dialogue.heard(bytes("This account is currently not available.\n")) == .wait)
    #expect(dialogue.heard([]) == .stop(.notBegun(said: "This account is currently not available.\n", nil)))
  }

  @Test func `does not listen for ever`() {
    var dialogue = SudoDialogue(marker: "mark", password: nil)
    #expect(dialogue.heard([UInt8](repeating: 46, count: HostLimits.outputBytes + 1)) == .tooMuch)
  }
}
