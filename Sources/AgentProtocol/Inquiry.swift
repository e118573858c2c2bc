/// Questions of an agent to a person, and their answers: an upsert by id.
public struct Inquiry: Sendable, Hashable, Codable {
    /// One question.
    public struct Item: Sendable, Hashable, Codable {
        /// The id of the answer, unique in the inquiry.
        public var id: String
        /// A short heading of a word or two.
        public var header: String?
        /// The question.
        public var text: String
        /// The answers that the agent proposes; empty for a question that wants free text.
        public var choices: [Choice]
        /// Whether several choices may be selected.
        public var allowsSeveral: Bool
        /// Whether an answer other than the choices is accepted.
        public var allowsText: Bool

        /// Creates a question.
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
        /// The choice; also the answer's value.
        public var label: String
        /// An explanation.
        public var detail: String?

        /// Creates a choice.
        public init(label: String, detail: String? = nil) {
            self.label = label
            self.detail = detail
        }
    }

    /// The result of an inquiry.
    public struct Answer: Sendable, Hashable, Codable {
        /// The answers by the ids of the items; `nil` if it was dropped without an answer.
        public var items: [String: [String]]?
        /// The reason for the result.
        public var by: Permission.Answer.Decider

        /// Creates a result.
        public init(items: [String: [String]]?, by: Permission.Answer.Decider) {
            self.items = items
            self.by = by
        }
    }

    /// The runner's own id, never the agent's.
    public var id: String
    /// The id of the tool call that waits for it; `nil` if nothing waits.
    public var toolCall: String?
    /// The tool call whose sub-agent asks; `nil` for the main agent.
    public var parent: String?
    /// The questions.
    public var items: [Item]
    /// The time at which it is dropped without an answer, in UTC milliseconds.
    public var until: Int64?
    /// The result; `nil` while it is open.
    public var answer: Answer?

    /// Creates an open inquiry.
    public init(id: String, toolCall: String? = nil, parent: String? = nil, items: [Item]) {
        self.id = id
        self.toolCall = toolCall
        self.parent = parent
        self.items = items
    }

    /// The same with every text and list cut to a bounded size, and with every item answerable.
    public var bounded: Inquiry {
        var bounded = self
        bounded.toolCall = toolCall?.cut(to: 200)
        bounded.parent = parent?.cut(to: 200)
        // Items with longer ids are dropped: a shortened id would be a different one.
        var ids: Set<String> = []
        bounded.items = items.filter { $0.id.utf8.count <= 4_000 && ids.insert($0.id).inserted }.prefix(16).map { item in
            var item = item
            item.header = item.header?.cut(to: 100)
            item.text = item.text.cut(to: 4_000)
            let choices = item.choices.filter(\.canBeTaken).prefix(32)
            // Free text stands in for choices that are not shown, so that every item can be answered.
            if choices.isEmpty || choices.count < item.choices.count { item.allowsText = true }
            item.choices = choices.map { Choice(label: $0.label, detail: $0.detail?.cut(to: 1_000)) }
            return item
        }
        return bounded
    }
}

extension Inquiry.Choice {
    /// Whether its label can be an answer: blank labels and those with NUL bytes are refused as answers.
    fileprivate var canBeTaken: Bool {
        label.utf8.count <= 1_000 && !label.allSatisfy(\.isWhitespace) && !label.contains("\0")
    }
}
