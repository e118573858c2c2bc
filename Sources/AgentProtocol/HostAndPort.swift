import Foundation

/// A host with an optional port, as in a URL: `llm.example.org`, `10.1.2.3:8080` or `[::1]:443`.
///
/// Parsed strictly, because libraries disagree: some take 99999 for 34463, +443 for 443, and look-alike letters for ASCII. Anything but
/// exactly a host and a port is refused.
public struct HostAndPort: Sendable, Hashable {
    /// A name or an address; IPv6 addresses without brackets.
    public var host: String
    /// 1 to 65535; `nil` if none was given.
    public var port: Int?

    /// The invalid part of a text.
    public enum Fault: Error, Sendable, Hashable {
        /// The host is invalid.
        case host
        /// The port is invalid.
        case port
    }

    /// Parses a text.
    ///
    /// - Throws: ``Fault``.
    public init(_ text: some StringProtocol) throws(Fault) {
        // Compared as bytes: as characters, a digit with a combining accent would differ.
        let bytes = Array(text.utf8)
        let rest: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "["), let end = bytes.firstIndex(of: UInt8(ascii: "]")) {
            host = String(decoding: bytes[1..<end], as: UTF8.self)
            rest = bytes[(end + 1)...]
            guard Self.isVersion6(host) else { throw .host }
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            host = String(decoding: bytes[..<end], as: UTF8.self)
            rest = bytes[end...]
            guard Self.isName(bytes[..<end]) else { throw .host }
        }
        guard !rest.isEmpty else { return }
        guard rest.first == UInt8(ascii: ":"), let number = Self.port(rest.dropFirst()) else { throw .port }
        port = number
    }

    /// Parses a port: up to five digits, without a sign or leading zeros.
    public static func port(_ digits: some Collection<UInt8>) -> Int? {
        guard (1...5).contains(digits.count), digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return number <= 65_535 ? number : nil
    }

    /// The host and port of a URL: the text between `://` and the path, without user and password.
    public static func authority(of url: String) -> Substring? {
        guard let start = url.firstRange(of: "://")?.upperBound else { return nil }
        let authority = url[start...].prefix { !"/?#\\".contains($0) }
        return authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        (1...253).contains(bytes.count) && hasLabels(bytes)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Labels have 1 to 63 bytes and no dash at an end (RFC 1123, section 2.1); an empty one at the end stands for the root.
    private static func hasLabels(_ bytes: ArraySlice<UInt8>) -> Bool {
        var labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        }
    }

    /// Zones are refused: a network device's name has a meaning on one machine only.
    private static func isVersion6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }
}
