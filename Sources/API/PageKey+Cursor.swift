import Foundation
import Store

extension PageKey {
    /// The key as an opaque cursor for clients.
    package var cursor: String {
        Data("\(number).\(text)".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Decodes a client's cursor; `nil` if SAM did not make it.
    package init?(cursor: String) {
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
