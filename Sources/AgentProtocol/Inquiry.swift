/// Something that an agent wants to know from a person, and what came of it: an upsert by id.
public struct Inquiry: Sendable, Hashable, Codable {
    /// One question of it.
    public struct Item: Sendable, Hashable, Codable {
        /// The answers are by this id; unique in its inquiry.
        public var id: String
        /// A word or two above the question.
        public var header: String?
        public var text: String
        /// What the agent proposes; empty where it wants a text.
        public var choices: [Choice]
        /// Whether more than one choice may be taken.
        public var allowsSeveral: Bool
        /// Whether a text that is none of the choices is taken.
        public var allowsText: Bool

        /// Asks.
        public init(
            id: String, header: String? = nil, text: String, choices: [Choice], allowsSeveral: Bool = false, allowsText: Bool = true
        ) {
            self.id = id
            self.header = header
            self.text = text
            self.choices = choices
            self.allowsSeveral = allowsSeveral
            self.allowsText = allowsText
        }
    }

    /// An answer that the agent proposes.
    public struct Choice: Sendable, Hashable, Codable {
        public var label: String
        public var detail: String?

        /// Proposes.
        public init(label: String, detail: String? = nil) {
            self.label = label
            self.detail = detail
        }
    }

    /// How an inquiry was settled.
    public struct Answer: Sendable, Hashable, Codable {
        /// By the ids of its items; `nil` when it was dropped without an answer.
        public var items: [String: [String]]?
        public var by: Permission.Answer.Decider

        /// Settles an inquiry.
        public init(items: [String: [String]]?, by: Permission.Answer.Decider) {
            self.items = items
            self.by = by
        }
    }

    /// The runner's own, never the agent's.
    public var id: String
    /// The tool call that waits for it, by the agent's id; `nil` when nothing waits.
    public var toolCall: String?
    /// The tool call whose sub-agent asks; `nil` for the agent itself.
    public var parent: String?
    public var items: [Item]
    /// When it is dropped if nobody has answered, in UTC milliseconds.
    public var until: Int64?
    /// `nil` while it is open.
    public var answer: Answer?

    /// Asks.
    public init(id: String, toolCall: String? = nil, parent: String? = nil, items: [Item]) {
        self.id = id
        self.toolCall = toolCall
        self.parent = parent
        self.items = items
    }

    /// The same with every text and list cut to what a person can read, so that an agent can't grow what is kept of it, and in a form
    /// in which each item can be answered.
    public var bounded: Inquiry {
        var bounded = self
        bounded.toolCall = toolCall?.cut(to: 200)
        bounded.parent = parent?.cut(to: 200)
        // An id that was cut would be another one.
        var ids: Set<String> = []
        bounded.items = items.filter { $0.id.utf8.count <= 4_000 && ids.insert($0.id).inserted }.prefix(16).map { item in
            var item = item
            item.header = item.header?.cut(to: 100)
            item.text = item.text.cut(to: 4_000)
            let choices = item.choices.filter(\.canBeTaken).prefix(32)
            // A choice that is not shown can still be meant, and every item needs an answer.
            if choices.isEmpty || choices.count < item.choices.count { item.allowsText = true }
            item.choices = choices.map { Choice(label: $0.label, detail: $0.detail?.cut(to: 1_000)) }
            return item
        }
        return bounded
    }
}

extension Inquiry.Choice {
    /// Whether its label can be an answer: blanks and NUL bytes are refused as one.
    fileprivate var canBeTaken: Bool {
        label.utf8.count <= 1_000 && !label.allSatisfy(\.isWhitespace) && !label.contains("\0")
    }
}
