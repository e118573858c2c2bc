import Foundation
import Store

/// An amount of US dollars, in billionths. Integers keep sums exact.
public struct Money: RawRepresentable, Sendable, Hashable, Comparable, Codable, SQLBindable {
    /// Billionths of a dollar.
    public let rawValue: Int64

    /// Wraps an amount in billionths of a dollar.
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// Nothing.
    public static let zero = Money(rawValue: 0)

    /// Parses an amount of dollars that a user entered: `12`, `0.05`, `$3.50`.
    ///
    /// - Throws: ``MeteringError/Code/invalid``.
    public init(parsing text: String) throws(MeteringError) {
        let digits = text.hasPrefix("$") ? String(text.dropFirst()) : text
        guard digits.wholeMatch(of: /[0-9]{1,8}(\.[0-9]{1,9})?/) != nil, Double(digits).map({ $0 <= 10_000_000 }) ?? false else {
            throw MeteringError(.invalid, "An amount is dollars, like 20 or 0.50, up to ten million; not “\(text.prefix(40))”.")
        }
        let parts = digits.split(separator: ".")
        let fraction = parts.count > 1 ? String(parts[1]).padding(toLength: 9, withPad: "0", startingAt: 0) : "0"
        rawValue = (Int64(parts[0]) ?? 0) * 1_000_000_000 + (Int64(fraction) ?? 0)
    }

    /// The amount as an integer in billionths.
    public var sqlValue: SQLValue { .integer(rawValue) }

    /// Compares amounts.
    public static func < (one: Money, other: Money) -> Bool { one.rawValue < other.rawValue }
    /// Adds amounts, saturating at the bounds of `Int64`.
    public static func + (one: Money, other: Money) -> Money { Money(rawValue: one.rawValue.saturatingAdd(other.rawValue)) }
    /// Subtracts amounts, saturating at the bounds of `Int64`.
    public static func - (one: Money, other: Money) -> Money { Money(rawValue: one.rawValue.saturatingAdd(-other.rawValue)) }

    /// Formats the amount: two decimals from a dollar on, four from a cent on, six below.
    public var text: String {
        let magnitude = rawValue.magnitude
        let digits = magnitude >= 1_000_000_000 || magnitude == 0 ? 2 : magnitude >= 10_000_000 ? 4 : 6
        let sign = rawValue < 0 ? "-" : ""
        return sign + "$" + String(format: "%.\(digits)f", locale: nil, Double(magnitude) / 1e9)
    }

    /// Decodes an integer in billionths.
    public init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(Int64.self))
    }

    /// Encodes an integer in billionths.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension Int64 {
    func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other > 0 ? .max : .min) : sum
    }

    func saturatingMultiply(_ other: Int64) -> Int64 {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? .max : product
    }
}
