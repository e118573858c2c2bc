/// The id of a session: `s_` and twelve letters or digits.
public struct SessionID: RawRepresentable, Hashable, Sendable, Codable {
    /// The id as text.
    public let rawValue: String

    /// Wraps an id without checking it.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Decodes a plain string.
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    /// Encodes as a plain string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// The id of a prompt.
public struct PromptID: RawRepresentable, Hashable, Sendable, Codable {
    /// The id as text.
    public let rawValue: String

    /// Wraps an id without checking it.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Decodes a plain string.
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    /// Encodes as a plain string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
