import ByteText
import Glibc
package import SystemPackage

/// File names on Linux are bytes: any but NUL and the slash. Nothing here goes through UTF-8.
extension FilePath {
  package var bytes: [UInt8] {
    withPlatformString { text in
      [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
  }

  /// A path from raw bytes; a NUL ends it.
  package init(bytes: some Sequence<UInt8>) {
    self.init(platformString: bytes.map { CChar(bitPattern: $0) } + [0])
  }

  /// For people: control characters and what is no UTF-8 are escaped, so that a name cannot
  /// repaint a terminal.
  package var printable: String { printableText(bytes) }
}

extension FilePath.Component {
  package var bytes: [UInt8] {
    withPlatformString { text in
      [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
  }

  package init?(bytes: some Sequence<UInt8>) {
    self.init(platformString: bytes.map { CChar(bitPattern: $0) } + [0])
  }

  package var printable: String { printableText(bytes) }
}

/// Text from bytes of unknown origin, with everything unseen shown as `\xNN`.
func printableText(_ bytes: some Sequence<UInt8>) -> String {
  var text = ""
  for unit in scalarUnits(bytes) {
    guard let scalar = Unicode.Scalar(unit) else {
      text += "\\x" + hex(unit - invalidByteBase)
      continue
    }
    if scalar.isUnseen { text += "\\x" + hex(unit) } else { text.unicodeScalars.append(scalar) }
  }
  return text
}

private func hex(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return digits.utf8.count < 2 ? "0" + digits : digits
}

/// Where `scalarUnits` puts a byte that is part of no UTF-8 character: above every scalar.
let invalidByteBase: UInt32 = 0x11_0000

/// One unit a character: its scalar value, or `invalidByteBase` plus the byte.
func scalarUnits(_ bytes: some Sequence<UInt8>) -> [UInt32] {
  let bytes = Array(bytes)
  var units: [UInt32] = []
  var index = 0
  while index < bytes.count {
    let lead = bytes[index]
    let length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    let end = index + length
    if lead < 0x80 {
      units.append(UInt32(lead))
      index = end
    } else if lead >= 0xC2, lead < 0xF5, end <= bytes.count,
      let text = String(validating: bytes[index..<end], as: UTF8.self),
      let scalar = text.unicodeScalars.first
    {
      units.append(scalar.value)
      index = end
    } else {
      units.append(invalidByteBase + UInt32(lead))
      index += 1
    }
  }
  return units
}
