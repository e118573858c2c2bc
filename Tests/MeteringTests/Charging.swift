import Metering

extension PriceList {
    /// What a reading costs of a request for a model.
    func charge(for reading: UsageReading, requested: String?, requestBytes: Int = 0, at provider: String = "openai") -> Charge {
        charge(for: reading, facts: RequestFacts(model: requested, bytes: requestBytes), provider: provider)
    }
}

extension RequestFacts {
    /// What a request asks for.
    init(model: String?, limit: Int? = nil, tier: String? = nil, bytes: Int = 0) {
        self.init()
        self.model = model
        outputLimit = limit
        self.tier = tier
        self.bytes = bytes
    }
}

extension UsageReading {
    /// What a whole answer told.
    init(_ usage: TokenUsage, model: String? = nil, _ change: (inout Billing) -> Void = { _ in }) {
        let body = #"{"model":"m","usage":{"prompt_tokens":1,"completion_tokens":1}}"#
        self = reading(Array(body.utf8), as: .chat, type: "application/json")
        self.usage = usage
        self.model = model
        change(&billing)
    }
}
