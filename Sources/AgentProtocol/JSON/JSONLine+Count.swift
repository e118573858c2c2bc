import Foundation

extension JSONLine {
    /// Whether a text of JSON has more values and names than a limit, without decoding it: a decoded value takes many times the memory of its
    /// text.
    ///
    /// Counts what precedes a value or a name, outside of strings. For a text that can be decoded the count is never too low.
    public static func hasMoreValues(than limit: Int, in text: Data) -> Bool {
        text.withUnsafeBytes { bytes in
            var count = 1
            var isInString = false
            var isEscaped = false
            for byte in bytes {
                if byte == 0 {
                    // In UTF-16 and UTF-32, which the decoder accepts too, quotes can't be found byte by byte. Each separator has a zero byte.
                    count += 1
                } else if isInString {
                    if isEscaped {
                        isEscaped = false
                    } else if byte == UInt8(ascii: "\\") {
                        isEscaped = true
                    } else if byte == UInt8(ascii: "\"") {
                        isInString = false
                    }
                    continue
                } else {
                    switch byte {
                    case UInt8(ascii: "\""): isInString = true
                    case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "{"): count += 1
                    default: break
                    }
                }
                if count > limit { return true }
            }
            return false
        }
    }
}
