import Store

/// The id of a user: `u_` and twelve letters or digits.
public struct UserID: RawRepresentable, Hashable, Sendable, SQLBindable {
    /// The id as text.
    public let rawValue: String

    /// Wraps an id without checking it.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The id of a project: `p_` and twelve letters or digits.
public struct ProjectID: RawRepresentable, Hashable, Sendable, Codable, SQLBindable {
    /// The id as text.
    public let rawValue: String

    /// Wraps an id without checking it.
    public init(rawValue: String) { self.rawValue = rawValue }
}

extension RawRepresentable where RawValue == String {
    /// Creates a random id: the prefix, an underscore and twelve characters with 60 bits in total.
    public static func random(prefix: String) -> Self? {
        // Crockford's alphabet, without letters that look like digits.
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        let characters = (0..<12).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] }
        return Self(rawValue: "\(prefix)_\(String(characters))")
    }
}

func newIdentifier<Identifier: RawRepresentable<String>>(
    _ prefix: String, as type: Identifier.Type = Identifier.self
) throws -> Identifier {
    guard let identifier = Identifier.random(prefix: prefix) else {
        throw AccountsError(.invalid, "No id could be made.")
    }
    return identifier
}
