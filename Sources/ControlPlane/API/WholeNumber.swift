import API
import Hummingbird

/// A whole number from a client: in a query, a header or a path. There is one way to write each, as in settings: `5`, not `+5` or `05`.
struct WholeNumber {
    let value: Int

    /// Parses a number.
    ///
    /// - Parameters:
    ///   - name: the name of its field, for the message.
    /// - Throws: `Problem` with the name if it is not a number, or out of range.
    init(_ text: some StringProtocol, named name: String, in range: ClosedRange<Int>) throws(Problem) {
        guard let value = Int(text), range.contains(value), String(value) == text else {
            throw Problem(
                .badRequest, "\(name) is a whole number from \(range.lowerBound) to \(range.upperBound), not “\(text.prefix(40))”.")
        }
        self.value = value
    }
}

extension Request {
    /// A number in the query; `nil` if it is missing.
    ///
    /// - Throws: `Problem` with the name if it is not a number, or out of range.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = uri.queryParameters[name[...]] else { return nil }
        return try WholeNumber(text, named: name, in: range).value
    }
}
