import Foundation
import Hummingbird
import Store

extension PageKey {
    /// The key as an opaque cursor for clients.
    var cursor: String {
        Data("\(number).\(text)".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Decodes a client's cursor; `nil` if SAM did not make it.
    init?(cursor: String) {
        let isPlain = cursor.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        guard isPlain, cursor.utf8.count <= 1_000 else { return nil }
        let padding = String(repeating: "=", count: (4 - cursor.utf8.count % 4) % 4)
        let standard = cursor.replacing("-", with: "+").replacing("_", with: "/") + padding
        guard let data = Data(base64Encoded: standard), let decoded = String(validating: data, as: UTF8.self) else { return nil }
        let parts = decoded.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int64(parts[0]), !parts[1].contains("\0") else { return nil }
        self.init(number: number, text: String(parts[1]))
    }
}

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
