/// Groups requests of similar cost: the same provider and model, and the same number of digits in body size and output limit.
public struct RequestKind: Sendable, Hashable {
    let text: String

    /// Determines a request's kind; `nil` if it names no model.
    public init?(provider: String, model: String?, requestBytes: Int, outputLimit: Int?) {
        guard let model, !model.isEmpty else { return nil }
        func magnitude(_ number: Int) -> Int { String(max(0, number)).count }
        text = "\(provider) \(SpoolLine.clean(model)) \(magnitude(requestBytes)) \(outputLimit.map { "\(magnitude($0))" } ?? "-")"
    }
}

extension OpenRequest {
    /// The kind of request; `nil` if it names no model.
    public var kind: RequestKind? {
        RequestKind(provider: payer.provider, model: model, requestBytes: requestBytes, outputLimit: outputLimit)
    }
}

extension UsageEntry {
    /// The kind of request if its cost is representative: it was answered with a 2xx status and is not unsettled.
    var kind: RequestKind? { (200..<300).contains(status) && state != .unsettled ? request.kind : nil }
}
