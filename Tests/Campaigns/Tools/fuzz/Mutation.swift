@_silgen_name("LLVMFuzzerMutate")
func mutateAnyhow(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int) -> Int

/// How the next input comes of one that is known: mostly libFuzzer's own way. Each fourth time a number in it becomes
/// one at which something runs over, which bytes that change one by one take long to come to.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: CUnsignedInt)
  -> Int
{
  guard seed % 4 == 0 else { return mutateAnyhow(bytes, count, room) }
  let old = UnsafeBufferPointer(start: bytes, count: count)
  let numbers = ranges(of: old)
  guard !numbers.isEmpty else { return mutateAnyhow(bytes, count, room) }
  let number = numbers[Int(seed >> 2) % numbers.count]
  let new = Array(old[..<number.lowerBound]) + extremes[Int(seed >> 12) % extremes.count].utf8
  let whole = new + old[number.upperBound...]
  guard whole.count <= room else { return mutateAnyhow(bytes, count, room) }
  for (index, byte) in whole.enumerated() { bytes[index] = byte }
  return whole.count
}

private let extremes = [
  "-1", "0", "1", "+1", "-0", "1e308", "0.5", "99999", "65535", "65536", "2147483647", "2147483648",
  "-2147483649",
  "4294967295", "4294967296", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
  "18446744073709551615", "1125899906842624", "253402300799999", "00",
]

private func ranges(of bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
  var found: [Range<Int>] = []
  var start: Int?
  for (index, byte) in bytes.enumerated() {
    let isDigit = (0x30...0x39).contains(byte)
    if isDigit, start == nil { start = index > 0 && bytes[index - 1] == 0x2D ? index - 1 : index }
    if !isDigit, let first = start {
      found.append(first..<index)
      start = nil
    }
  }
  if let start { found.append(start..<bytes.count) }
  return found
}
