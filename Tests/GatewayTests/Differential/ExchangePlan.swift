/// One exchange, drawn by lot: what the client asks, what the provider answers, and what goes wrong.
struct ExchangePlan: Sendable {
    /// How an answer's end is told.
    enum Framing: Sendable, CaseIterable {
        case chunked, length, close
    }

    /// How the provider fails to send all of its body.
    enum Cut: Sendable {
        /// It closes the connection.
        case closed
        /// It resets the connection.
        case reset
        /// It says that the part is the whole.
        case silent
    }

    /// What is not a model's answer.
    enum Other: Sendable {
        /// The provider refuses.
        case refused(status: String)
        /// The request is none to a model.
        case free
    }

    var number: Int
    var deal: Deal
    var path: String
    /// As it is sent, in its coding.
    var body: [UInt8]
    var requestCoding = BodyCoding.identity
    /// The most that the request allows as output.
    var maxOutput: Int?
    /// Whether the client asks for the chunk with the usage by itself.
    var asksUsage: Bool
    var accepts: String?
    var blocks: [Block]
    var bill: Bill
    var contentType: String
    /// Beside those that every answer has.
    var headers: [String] = []
    /// Of a response in the background: its id, and what is answered before it is over.
    var response: String?
    var waiting: [[UInt8]] = []
    /// The codings to choose from, best first, and whether the provider heeds what it is asked for.
    var codings: [[BodyCoding]]
    var isHonest: Bool
    var framing: Framing
    /// How much of the body is sent, in parts of ten thousand, and how it ends there.
    var cut: (at: Int, how: Cut)?
    /// After how many bytes of the answer the client leaves, and whether it resets.
    var leaves: (after: Int, resets: Bool)?
    var other: Other?
    /// The size of the pieces in which the provider sends.
    var piece: Int
    /// For what is chosen while it runs.
    var dice: Dice

    /// How often the provider is asked. What runs in the background is fetched when it is over, and once more.
    var asks: Int { waiting.isEmpty ? 1 : waiting.count + 2 }

    var id: String { "exchange \(number) (\(deal.vendor) \(deal.name)\(deal.isStreamed ? ", streamed" : ""))" }
}

extension ExchangePlan {
    /// Draws an exchange; the same for the same seed and number.
    init(seed: UInt64, number: Int) {
        var dice = Dice(seed: seed, exchange: number)
        let deal = Self.deal(&dice)
        let script: Script =
            switch deal.format {
            case .messages: MessagesScript.make(deal, &dice)
            case .chat: ChatScript.make(deal, &dice)
            case .responses: ResponsesScript.make(deal, &dice)
            case .gemini: GeminiScript.make(deal, &dice)
            case .embeddings: EmbeddingsScript.make(deal, &dice)
            }
        self.number = number
        self.deal = deal
        bill = script.bill
        asksUsage = dice.chance(40)
        accepts = dice.pick([
            nil, "gzip, deflate, br, zstd", "gzip, deflate, br, zstd", "gzip, deflate, br", "gzip", "identity",
            "br;q=1.0, gzip;q=0.5, *;q=0.1",
            "*", "compress, zstd", "GZIP;q=0.8, BR",
        ])
        codings = (0..<4).map { _ in
            dice.chance(4) ? [.gzip, .br] : [dice.pick([.gzip, .deflate, .br, .zstd, .rawDeflate])]
        }
        if dice.chance(25) { codings = [] }
        isHonest = !dice.chance(15)
        if dice.chance(2) { (codings, isHonest) = ([[.unknown]], false) }
        framing = dice.pick([.chunked, .chunked, .chunked, .length, .close])
        if dice.chance(14) { cut = (dice.int(0...9_999), dice.pick([.closed, .closed, .reset, .silent])) }
        if dice.chance(12) { leaves = (dice.pick([0, 1, dice.int(1...400), dice.int(400...9_000)]), dice.chance(50)) }
        piece = dice.pick([3, 17, 120, 900, 1_000_000])
        maxOutput = dice.chance(70) ? dice.int(1_000...64_000) : nil
        let ask = Self.request(deal, script, asksUsage: asksUsage, maxOutput: maxOutput, &dice)
        path = ask.path
        body = Array(ask.body.text(spaces: dice.pick(["", " "]), dice: &dice).utf8)
        if dice.chance(10) {
            requestCoding = dice.pick([.gzip, .deflate, .rawDeflate, .br, .zstd])
            body = requestCoding.encode(body, &dice)
        }
        blocks = script.blocks(&dice)
        contentType = if case .events = script.body { "text/event-stream" } else { "application/json" }
        if deal.vendor == .google, let tier = bill.tier { headers = ["x-gemini-service-tier: \(tier.rawValue)"] }
        if deal.purpose == .background {
            response = script.response
            waiting = script.waiting.map { Array($0.text(dice: &dice).utf8) }
            (cut, leaves) = (nil, nil)
            if codings.contains([.unknown]) { codings = [] }
        }
        self.dice = dice
        if deal.purpose == .background { return }
        if dice.chance(4) {
            let status = dice.pick(["400 Bad Request", "429 Too Many Requests", "500 Internal Server Error", "529 Overloaded"])
            turn(into: dice.chance(50) ? .free : .refused(status: status), &dice)
        }
    }

    private mutating func turn(into other: Other, _ dice: inout Dice) {
        self.other = other
        cut = nil
        contentType = "application/json"
        bill = Bill()
        switch other {
        case .refused:
            blocks = [Block(bytes: Array(#"{"type":"error","error":{"type":"overloaded_error","message":"Try again later."}}"#.utf8))]
        case .free:
            let prefix = deal.vendor.path
            switch deal.vendor {
            case .anthropic: path = prefix + "/v1/messages/count_tokens"
            case .google: path = prefix + "/v1beta/models/\(deal.name):countTokens"
            // Others than OpenAI bill the tokens of what they judge.
            case .openai: path = prefix + dice.pick(["/v1/files", "/v1/moderations"])
            default: path = prefix + "/v1/files"
            }
            blocks = [Block(bytes: Array(#"{"input_tokens":2095,"totalTokens":2095,"id":"file-1","object":"file","bytes":120000}"#.utf8))]
        }
    }

    private static func deal(_ dice: inout Dice) -> Deal {
        let vendor = dice.pick([
            Vendor.anthropic, .anthropic, .anthropic, .openai, .openai, .openai, .openai, .google, .google, .google, .mistral, .mistral,
            .deepseek, .moonshot, .groq, .openrouter, .xai, .house,
        ])
        let models = PriceBook.published.models
        let own = models.indices.filter { models[$0].vendor == vendor }
        var deal = Deal(vendor: vendor, format: .chat, model: nil, name: "", isStreamed: dice.chance(70))
        if let model = own.isEmpty ? nil : dice.pick(own), !dice.chance(6) {
            deal.model = model
            deal.name = dice.pick(models[model].names)
            deal.purpose = models[model].purpose
        } else {
            // Another product, whatever its name begins with.
            let talking = own.filter { models[$0].purpose == .conversation }
            deal.name = vendor.unpriced ?? models[dice.pick(talking)].names[0] + "-ultra"
        }
        if deal.purpose == .fill, dice.chance(30) || vendor == .deepseek { deal.purpose = .conversation }
        if vendor == .deepseek, dice.chance(20) { deal.purpose = .fill }
        deal.format =
            switch vendor {
            case _ where deal.purpose == .embedding: .embeddings
            case .anthropic: .messages
            case .google: .gemini
            case .openai: deal.published?.isSearch != true && dice.chance(50) ? .responses : .chat
            case .openrouter, .xai: dice.chance(30) ? .responses : .chat
            default: .chat
            }
        if deal.format == .responses, vendor == .openai, dice.chance(20) { deal.purpose = .background }
        if deal.format == .embeddings || deal.purpose == .background { deal.isStreamed = false }
        if deal.tiers.count > 1, deal.format != .embeddings, dice.chance(60) { deal.asked = dice.pick(deal.tiers) }
        return deal
    }

    private static func request(
        _ deal: Deal, _ script: Script, asksUsage: Bool, maxOutput: Int?, _ dice: inout Dice
    ) -> (path: String, body: Json) {
        let prefix = deal.vendor.path
        let most = maxOutput.map(Json.int)
        switch deal.format {
        case .messages:
            let body: Json = [
                "model": .string(deal.name), "max_tokens": .int(maxOutput ?? 64_000),
                "messages": [["role": "user", "content": .string(dice.text())]],
            ]
            let path = prefix + "/v1/messages" + (dice.chance(50) ? "?beta=true" : "")
            return (path, body.with("stream", deal.isStreamed ? true : nil))
        case .chat:
            let base =
                switch deal.vendor {
                case .openrouter: "/api/v1"
                case .groq: "/openai/v1"
                case .deepseek: dice.pick(["", "/v1"])
                default: "/v1"
                }
            let text = Json.string(dice.text())
            var body: Json = ["model": .string(deal.name)]
            body = deal.purpose == .fill ? body.with("prompt", text) : body.with("messages", [["role": "user", "content": text]])
            body = body.with(deal.vendor == .openai ? "max_completion_tokens" : "max_tokens", most)
            if deal.isStreamed {
                body = body.with("stream", true)
                if asksUsage, deal.vendor != .mistral { body = body.with("stream_options", ["include_usage": true]) }
            }
            body = body.with("service_tier", deal.asked.map { .string($0 == .standard ? "auto" : $0.rawValue) })
            if deal.published?.isSearch == true { body = body.with("web_search_options", [:]) }
            guard deal.purpose == .fill else { return (prefix + base + "/chat/completions", body) }
            return (prefix + (deal.vendor == .mistral ? "/v1/fim/completions" : "/beta/completions"), body.with("suffix", "}"))
        case .responses:
            var body: Json = ["model": .string(deal.name), "input": .string(dice.text())]
            body = body.with("max_output_tokens", most).with("stream", deal.isStreamed ? true : nil)
            if script.bill.searches > 0 { body = body.with("tools", [["type": "web_search"]]) }
            body = body.with("service_tier", deal.asked.map { .string($0 == .standard ? "default" : $0.rawValue) })
            return (prefix + "/v1/responses", body.with("background", deal.purpose == .background ? true : nil))
        case .gemini:
            var body: Json = ["contents": [["role": "user", "parts": [["text": .string(dice.text())]]]]]
            if let most { body = body.with("generationConfig", ["maxOutputTokens": most]) }
            if script.bill.searches > 0 { body = body.with("tools", [["google_search": [:]]]) }
            body = body.with("service_tier", deal.asked.map { .string($0.rawValue) })
            let call =
                switch script.body {
                case .whole: ":generateContent"
                case .events: ":streamGenerateContent?alt=sse"
                case .list: ":streamGenerateContent"
                }
            return (prefix + "/v1beta/models/" + deal.name + call, body)
        case .embeddings where deal.vendor == .google:
            return (
                prefix + "/v1beta/models/\(deal.name):embedContent", ["content": ["parts": [["text": .string(dice.text())]]]]
            )
        case .embeddings: return (prefix + "/v1/embeddings", ["model": .string(deal.name), "input": [.string(dice.text())]])
        }
    }
}
