import Foundation

/// A host with or without a port, as it stands in an address: `llm.example.org`, `10.1.2.3:8080` or `[::1]:443`.
///
/// Read by one strict rule, because others read it differently: libraries take 99999 for 34463, +443 for 443, and letters for
/// ASCII that only look like it. What is not exactly a host and a port is neither.
public struct HostAndPort: Sendable, Hashable {
    /// A name, or an address; one of IPv6 without its brackets.
    public var host: String
    /// 1 to 65535; `nil` where none stands.
    public var port: Int?

    /// What is wrong with a text.
    public enum Fault: Error, Sendable, Hashable {
        case host
        case port
    }

    /// Reads one.
    ///
    /// - Throws: ``Fault``.
    public init(_ text: some StringProtocol) throws(Fault) {
        // In bytes: as characters, a digit with an accent on it is another one.
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

    /// Reads a port: up to five digits, without a sign or zeros before them.
    public static func port(_ digits: some Collection<UInt8>) -> Int? {
        guard (1...5).contains(digits.count), digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return number <= 65_535 ? number : nil
    }

    /// The part of a URL that names the host: what stands between `://` and the path, without a user and password.
    public static func authority(of url: String) -> Substring? {
        guard let start = url.firstRange(of: "://")?.upperBound else { return nil }
        let authority = url[start...].prefix { !"/?#\\".contains($0) }
        return authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        (1...253).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Without a zone: the name of a network device means something on one machine only.
    private static func isVersion6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }
}
