/// Turns names that an agent chose into parts of ref names. Different names stay different.
public enum WorkName {
    /// A name as one component of a ref: everything but plain characters is percent-encoded.
    ///
    /// - Parameter number: distinguishes names that are too long for a file name and have to be cut.
    public static func encoded(_ name: [UInt8], number: Int) -> String {
        let encoded = name.map { isPlain($0) ? String(Unicode.Scalar($0)) : "%" + hexadecimal($0) }.joined()
        if encoded.isEmpty { return "%" }
        return encoded.utf8.count > 180 ? "\(encoded.prefix(150))%n\(number)" : encoded
    }

    /// A name that people can type: its letters, digits and underscores, with dashes between.
    public static func readable(_ name: String) -> String {
        let words = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }
        let joined = words.joined(separator: "-").prefix(60)
        return joined.isEmpty ? "work" : String(joined)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count < 2 ? "0" + digits : digits
    }
}
