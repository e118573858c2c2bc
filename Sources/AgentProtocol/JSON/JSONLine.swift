import Foundation

/// One JSON value on one line: sorted keys, no spaces, no newline inside.
public enum JSONLine {
    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    static var decoder: JSONDecoder { JSONDecoder() }

    /// Encodes a value as one line, without the newline.
    public static func encode(_ value: some Encodable) throws -> Data {
        try encoder.encode(value)
    }

    /// Encodes a value as one line of text, without the newline.
    public static func text(_ value: some Encodable) throws -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }

    /// Decodes a value from one line.
    public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from line: Data) throws -> Value {
        try decoder.decode(type, from: line)
    }

    /// Decodes a value from one line of text.
    public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from line: String) throws -> Value {
        try decode(type, from: Data(line.utf8))
    }
}
