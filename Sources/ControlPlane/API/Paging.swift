import API
import Hummingbird
import Store

extension Request {
    /// The largest page.
    static let pageLimit = 1_000

    /// The requested page of a list, from `limit` and `cursor`.
    ///
    /// - Parameter standard: the limit if the query has none.
    /// - Throws: `Problem` if one of them is invalid.
    func page(standard: Int = 100) throws -> PageRequest {
        let limit = try number("limit", in: 1...Self.pageLimit) ?? standard
        guard let text = uri.queryParameters["cursor"] else { return PageRequest(limit: limit) }
        guard let key = PageKey(cursor: String(text)) else {
            throw Problem(
                .badRequest, "cursor is the “next” of an earlier part of this list, which this is not. Leave it out to begin at the start.")
        }
        return PageRequest(limit: limit, after: key)
    }
}
