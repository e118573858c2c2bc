extension DecodingError {
    /// The place where decoding failed, in a sentence without the value, which might be a secret.
    public var place: String {
        switch self {
        case .keyNotFound(let key, _): "“\(key.stringValue)” is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            context.codingPath.isEmpty
                ? "it is of another type." : "“\(context.codingPath.map(\.stringValue).joined(separator: "."))” is of another type."
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "it is no JSON." : "“\(context.codingPath.map(\.stringValue).joined(separator: "."))” has no such value."
        @unknown default: "it can't be read."
        }
    }
}
