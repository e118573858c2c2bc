import AgentProtocol

/// What a session's agent waits for a person to answer.
public struct OpenQuestion: Sendable, Hashable, Codable {
    /// What is asked.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// To be allowed something: the answer is one of the options.
        case permission
    }

    /// The runner's id of it, which means something within one attempt.
    public var id: String
    public var kind: Kind
    /// One line.
    public var title: String
    public var options: [Permission.Option]
    /// When it settles itself, in UTC milliseconds.
    public var until: Int64?

    init(_ permission: Permission) {
        id = permission.id
        kind = .permission
        title = permission.title
        options = permission.options
        until = permission.until
    }
}

extension KeyedDecodingContainer {
    /// States that were stored before there were questions have none.
    func decode(_ type: [OpenQuestion].Type, forKey key: Key) throws -> [OpenQuestion] {
        try decodeIfPresent(type, forKey: key) ?? []
    }
}
