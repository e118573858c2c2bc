/// The kind of an ``Outcome``, for display.
public enum ExplainedOutcome: String, Sendable, Hashable, Codable {
    /// A value applies; a tombstone blocks; the selected value can't be used; no layer says anything.
    case found, blocked, failed, absent

    /// The kind of an outcome.
    public init<Layer, Value, Tombstone, Failure>(_ outcome: Outcome<Layer, Value, Tombstone, Failure>) {
        self =
            switch outcome {
            case .found: .found
            case .blocked: .blocked
            case .failed: .failed
            case .absent: .absent
            }
    }
}

/// A resolution for display: what was resolved, the outcome in one sentence, and every layer with who last changed it, when and why.
///
/// The fields of the subject are encoded beside the explanation's own, and so are those of a layer's content beside the layer's.
@dynamicMemberLookup
public struct Explanation<Layer, Subject, Content> {
    /// What was resolved.
    public var subject: Subject
    /// The result.
    public var outcome: ExplainedOutcome
    /// The layer that decided; `nil` when none did.
    public var scope: Layer?
    /// The result as a sentence for the user.
    public var sentence: String
    /// All layers, from narrow to broad.
    public var layers: [ExplainedLayer<Layer, Content>]

    /// Creates an explanation from its parts.
    public init(
        _ subject: Subject, outcome: ExplainedOutcome, scope: Layer?, sentence: String, layers: [ExplainedLayer<Layer, Content>]
    ) {
        self.subject = subject
        self.outcome = outcome
        self.scope = scope
        self.sentence = sentence
        self.layers = layers
    }

    /// A field of the subject.
    public subscript<Field>(dynamicMember field: KeyPath<Subject, Field>) -> Field { subject[keyPath: field] }

    private enum CodingKeys: String, CodingKey { case outcome, scope, sentence, layers }
}

extension Explanation: Sendable where Layer: Sendable, Subject: Sendable, Content: Sendable {}
extension Explanation: Equatable where Layer: Equatable, Subject: Equatable, Content: Equatable {}
extension Explanation: Hashable where Layer: Hashable, Subject: Hashable, Content: Hashable {}

extension Explanation: Encodable where Layer: Encodable, Subject: Encodable, Content: Encodable {
    /// Encodes the fields of the subject and of the explanation in one object.
    public func encode(to encoder: any Encoder) throws {
        try subject.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(outcome, forKey: .outcome)
        try container.encodeIfPresent(scope, forKey: .scope)
        try container.encode(sentence, forKey: .sentence)
        try container.encode(layers, forKey: .layers)
    }
}

extension Explanation: Decodable where Layer: Decodable, Subject: Decodable, Content: Decodable {
    /// Decodes the fields of the subject and of the explanation from one object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try Subject(from: decoder), outcome: try container.decode(ExplainedOutcome.self, forKey: .outcome),
            scope: try container.decodeIfPresent(Layer.self, forKey: .scope),
            sentence: try container.decode(String.self, forKey: .sentence),
            layers: try container.decode([ExplainedLayer<Layer, Content>].self, forKey: .layers))
    }
}
