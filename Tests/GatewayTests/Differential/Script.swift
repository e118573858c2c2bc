/// What a provider means to answer: one JSON text, or the events of a stream.
struct Script: Sendable {
    struct Event: Sendable {
        /// The name on its `event:` line.
        var name: String?
        var json: Json
        /// A chunk that comes only because the request asked for its usage.
        var isAsked = false

        init(_ name: String? = nil, _ json: Json, isAsked: Bool = false) {
            self.name = name
            self.json = json
            self.isAsked = isAsked
        }
    }

    enum Body: Sendable {
        case whole(Json)
        case events([Event], end: String?)
        /// Gemini's stream without `alt=sse`.
        case list([Json])
    }

    var body: Body
    /// What its maker meant it to say of its cost.
    var bill: Bill
    /// The id of a response, and what it is while it is not over.
    var response: String?
    var waiting: [Json] = []
}

/// What a script is made for.
struct Deal: Sendable {
    var vendor: Vendor
    var format: WireFormat
    /// The model's place in the book; `nil` for one without a price.
    var model: Int?
    var name: String
    var isStreamed: Bool
    var purpose = Purpose.conversation
    /// The tier that is asked for.
    var asked: ServiceTier?

    var published: PublishedModel? { model.map { PriceBook.published.models[$0] } }

    /// What the project says that the model costs.
    var own: PublishedRates? {
        let dated = name.replacing(/-20[0-9]{2}-?[0-9]{2}-?[0-9]{2}$/, with: "")
        return PriceBook.ownOfProject[name] ?? PriceBook.ownOfProject[dated]
    }

    /// Why the price of the model is not known for sure, by the rules of docs/prices.md.
    func doubts(_ bill: Bill) -> Set<String> {
        guard model == nil, bill.toldCost == nil else { return [] }
        // What only begins like a model with a price, and what another seller calls as its maker does.
        if name.hasSuffix("-ultra") || vendor == .openrouter { return ["similarModel"] }
        return vendor == .xai ? [] : ["noPrice"]
    }

    /// The tiers that may be asked for.
    var tiers: [ServiceTier] { (published?.tiers.keys.sorted { $0.rawValue < $1.rawValue } ?? []) + [.standard] }

    /// The tier in which it is answered, as the answer tells it: what was asked for, or the usual one instead, or nothing.
    func told(_ dice: inout Dice) -> ServiceTier? {
        guard vendor == .openai || vendor == .google else { return nil }
        if let asked { return dice.pick([asked, asked, asked, .standard, nil]) }
        // A contract can have a tier that nobody asks for.
        return vendor == .openai && dice.chance(3) ? .scale : dice.pick([.standard, .standard, nil])
    }
}

/// A body in the pieces that mean something: events with what stands between them.
struct Block: Sendable {
    var bytes: [UInt8]
    var isAsked = false
}

extension Script {
    /// The body as it is written, with what a stream may hold beside its events.
    func blocks(_ dice: inout Dice) -> [Block] {
        switch body {
        case .whole(let json):
            let spaces = dice.pick(["", " ", "\n  "])
            return [Block(bytes: Array(json.text(spaces: spaces, dice: &dice).utf8))]
        case .list(let elements):
            let separator = dice.pick(["\n,\r\n", ",\n", ","])
            var blocks = [Block(bytes: Array("[".utf8))]
            for (place, element) in elements.enumerated() {
                blocks.append(
                    Block(bytes: Array(((place == 0 ? "" : separator) + element.text(spaces: dice.pick(["", "\n "]), dice: &dice)).utf8)))
            }
            return blocks + [Block(bytes: Array(dice.pick(["]", "\n]\n"]).utf8))]
        case .events(let events, let end):
            return stream(events, end: end, &dice)
        }
    }

    private func stream(_ events: [Event], end: String?, _ dice: inout Dice) -> [Block] {
        let newline = dice.pick(["\n", "\n", "\r\n"])
        let gap = dice.pick([" ", " ", ""])
        let isNoisy = dice.chance(50)
        var blocks: [Block] = []
        func add(_ lines: [String], isAsked: Bool = false) {
            blocks.append(Block(bytes: Array(((lines + [""]).joined(separator: newline) + newline).utf8), isAsked: isAsked))
        }
        for event in events {
            if isNoisy, dice.chance(25) {
                switch dice.int(0...4) {
                case 0: add([": keep-alive"])
                case 1: add([":"])
                case 2: add(["event:\(gap)ping", "data:\(gap){\"type\":\"ping\"}"])
                case 3: add(["event:\(gap)future.thing", "data:\(gap){\"type\":\"future.thing\",\"note\":\"usage\",\"of\":[1,2,{}]}"])
                default: add(["retry:\(gap)3000"])
                }
            }
            var lines = event.name.map { ["event:\(gap)\($0)"] } ?? []
            if isNoisy, dice.chance(10) { lines.append("id:\(gap)\(dice.int(1...999))") }
            lines.append("data:\(gap)\(event.json.text(dice: &dice))")
            add(lines, isAsked: event.isAsked)
        }
        if let end { add(["data:\(gap)\(end)"]) }
        return blocks
    }
}
