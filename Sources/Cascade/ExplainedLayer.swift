/// One layer of an ``Explanation``: what it says, what the cascade did with it, and who last changed it.
@dynamicMemberLookup
public struct ExplainedLayer<Layer, Content> {
    /// The layer.
    public var scope: Layer
    /// `absent`, `active`, `inactive` or `failed`.
    public var finding: String
    /// The step that the cascade took at this layer.
    public var verdict: String
    /// The name of the user who last changed the layer.
    public var by: String?
    /// The time of that change, in UTC milliseconds.
    public var at: Int64?
    /// The reason given for the last change, or why the layer's value can't be used.
    public var reason: String?
    /// What the layer holds, also while it is off.
    public var content: Content

    /// Starts with a step of the trace; who changed the layer is filled in by the caller.
    public init<Tombstone, Failure>(_ step: Step<Layer, Tombstone, Failure>, _ content: Content) {
        scope = step.layer
        finding = step.finding.name
        verdict = step.verdict.rawValue
        self.content = content
    }

    /// A field of the content.
    public subscript<Field>(dynamicMember field: WritableKeyPath<Content, Field>) -> Field {
        get { content[keyPath: field] }
        set { content[keyPath: field] = newValue }
    }

    private enum CodingKeys: String, CodingKey { case scope, finding, verdict, by, at, reason }
}

extension ExplainedLayer: Sendable where Layer: Sendable, Content: Sendable {}
extension ExplainedLayer: Equatable where Layer: Equatable, Content: Equatable {}
extension ExplainedLayer: Hashable where Layer: Hashable, Content: Hashable {}

extension ExplainedLayer: Encodable where Layer: Encodable, Content: Encodable {
    /// Encodes the fields of the content and of the layer in one object.
    public func encode(to encoder: any Encoder) throws {
        try content.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(scope, forKey: .scope)
        try container.encode(finding, forKey: .finding)
        try container.encode(verdict, forKey: .verdict)
        try container.encodeIfPresent(by, forKey: .by)
        try container.encodeIfPresent(at, forKey: .at)
        try container.encodeIfPresent(reason, forKey: .reason)
    }
}

extension ExplainedLayer: Decodable where Layer: Decodable, Content: Decodable {
    /// Decodes the fields of the content and of the layer from one object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        scope = try container.decode(Layer.self, forKey: .scope)
        finding = try container.decode(String.self, forKey: .finding)
        verdict = try container.decode(String.self, forKey: .verdict)
        by = try container.decodeIfPresent(String.self, forKey: .by)
        at = try container.decodeIfPresent(Int64.self, forKey: .at)
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        content = try Content(from: decoder)
    }
}
