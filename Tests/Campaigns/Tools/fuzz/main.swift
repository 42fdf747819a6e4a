import ForeignBytes
import Glibc

// libFuzzer as a program (llvm.org/docs/LibFuzzer.html): it makes inputs up, by what of the code each of them reaches.
// Which reader gets them says FLEET_FUZZ_TARGET.

@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

let name = getenv("FLEET_FUZZ_TARGET").map { String(cString: $0) } ?? ""
guard let target = ForeignBytes(rawValue: name) else {
  fatalError("FLEET_FUZZ_TARGET is none of \(ForeignBytes.allCases.map(\.rawValue))")
}
let chosen = target
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(
  runFuzzer(&count, &arguments) { start, count in
    do {
      try chosen.read(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
      fatalError("\(chosen.rawValue): \(error)")
    }
    return 0
  })
