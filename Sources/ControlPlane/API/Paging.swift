import Foundation
import Hummingbird
import Store

extension PageKey {
    /// The place as a client gets it and gives it back: nothing that it has to understand.
    var cursor: String {
        Data("\(number).\(text)".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Reads what a client gives back; `nil` for what SAM did not make.
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
    /// The most that one part of a list has.
    static let pageLimit = 1_000

    /// Which part of a list is asked for, by `limit` and `cursor`.
    ///
    /// - Parameter standard: how much is given when no limit is named.
    /// - Throws: `Problem` with what is wrong with them.
    func page(standard: Int = 100) throws -> PageRequest {
        let query = uri.queryParameters
        var limit = standard
        if let text = query["limit"] {
            guard let number = Int(text), (1...Self.pageLimit).contains(number) else {
                throw Problem(.badRequest, "limit is a number from 1 to \(Self.pageLimit), not “\(text.prefix(40))”.")
            }
            limit = number
        }
        guard let text = query["cursor"] else { return PageRequest(limit: limit) }
        guard let key = PageKey(cursor: String(text)) else {
            throw Problem(
                .badRequest, "cursor is the “next” of an earlier part of this list, which this is not. Leave it out to begin at the start.")
        }
        return PageRequest(limit: limit, after: key)
    }
}
