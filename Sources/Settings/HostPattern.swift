/// A pattern for hosts that may be reached: a name, or `*.` and a name for all its subdomains; with a port, or with ports 80 and 443.
///
/// `@repository` stands for the host of the project's repository.
public struct HostPattern: Sendable, Hashable, CustomStringConvertible {
    /// Lower case, without a trailing dot.
    private var name: String
    private var isWild = false
    private var port: Int?

    /// The host of the project's repository.
    public static let repository = HostPattern(name: "@repository")

    private init(name: String) { self.name = name }

    /// Parses a pattern; `nil` if it is invalid.
    public init?(_ text: some StringProtocol) {
        var rest = text.lowercased()
        if rest == "@repository" {
            self = .repository
            return
        }
        if let match = rest.wholeMatch(of: /(.+):([0-9]{1,5})/), let number = Int(match.2), (1...65_535).contains(number) {
            port = number
            rest = String(match.1)
        }
        if rest.hasPrefix("*.") {
            isWild = true
            rest.removeFirst(2)
        }
        if rest.hasSuffix(".") { rest.removeLast() }
        let isAddress = !isWild && rest.hasPrefix("[") && rest.hasSuffix("]") && rest.wholeMatch(of: /\[[0-9a-f:.]{2,45}\]/) != nil
        guard isAddress || Self.isName(rest) else { return nil }
        name = isAddress ? String(rest.dropFirst().dropLast()) : rest
    }

    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.wholeMatch(of: /[a-z0-9_-]+/) != nil
            }
    }

    /// Whether the pattern matches a host and port.
    public func matches(_ host: String, port other: Int) -> Bool {
        guard port.map({ $0 == other }) ?? [80, 443].contains(other) else { return false }
        var host = host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        return isWild ? host.hasSuffix("." + name) : host == name
    }

    /// The pattern of the hosts that both match; `nil` if there are none.
    private func meeting(_ other: HostPattern) -> HostPattern? {
        let both: Int?
        switch (port, other.port) {
        case (nil, nil): both = nil
        case (let one?, nil), (nil, let one?):
            guard [80, 443].contains(one) else { return nil }
            both = one
        case (let one?, let two?):
            guard one == two else { return nil }
            both = one
        }
        guard var narrower = covers(nameOf: other) ? other : other.covers(nameOf: self) ? self : nil else { return nil }
        narrower.port = both
        return narrower
    }

    private func covers(nameOf other: HostPattern) -> Bool {
        isWild ? (other.name == name && other.isWild) || other.name.hasSuffix("." + name) : !other.isWild && other.name == name
    }

    /// The pattern as text.
    public var description: String {
        (isWild ? "*." : "") + (name.contains(":") ? "[\(name)]" : name) + (port.map { ":\($0)" } ?? "")
    }

    /// The patterns of the hosts that both lists match.
    static func intersection(_ one: [HostPattern], _ other: [HostPattern]) -> [HostPattern] {
        let both = one.flatMap { mine in other.compactMap { mine.meeting($0) } }
        var seen: Set<HostPattern> = []
        return both.filter { seen.insert($0).inserted }
    }
}
