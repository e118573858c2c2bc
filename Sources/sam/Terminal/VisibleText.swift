import Foundation

/// Bytes of a file as a terminal can show them: what would move the cursor, hide or reorder text, or is no text, is named in its place,
/// as `less` does it.
struct VisibleText {
    let text: String

    /// Makes bytes visible.
    init(_ bytes: some Sequence<UInt8>) {
        var visible = ""
        let bytes = Array(bytes)
        var place = 0
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let encoded):
                visible += Self.shown(Unicode.UTF8.decode(encoded))
                place += encoded.count
            case .error(let length):
                for byte in bytes[place..<place + length] { visible += Self.hexadecimal(UInt32(byte), digits: 2) }
                place += length
            case .emptyInput:
                text = visible
                return
            }
        }
    }

    private static func shown(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x09, 0x0a: return String(scalar)
        case ..<0x20, 0x7f: return "^" + String(UnicodeScalar(UInt8(scalar.value ^ 0x40)))
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse: return hexadecimal(scalar.value, digits: 4, "U+")
        default: return String(scalar)
        }
    }

    private static func hexadecimal(_ value: UInt32, digits: Int, _ prefix: String = "") -> String {
        let number = String(value, radix: 16, uppercase: true)
        return "<\(prefix)\(String(repeating: "0", count: max(0, digits - number.count)))\(number)>"
    }
}
