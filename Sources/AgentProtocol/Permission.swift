/// A permission request of an agent, and its answer: an upsert by id.
///
/// Its texts are the agent's own claims. Security rests on the sandbox, not on permissions.
public struct Permission: Sendable, Hashable, Codable {
    /// One of the answers that the agent accepts.
    public struct Option: Sendable, Hashable, Codable {
        /// The effect of an option.
        public enum Kind: String, Sendable, Codable, CaseIterable {
            /// Allow once, allow from now on, or refuse.
            case allowOnce, allowAlways, refuse
        }

        /// The option's id, chosen by the agent's driver.
        public var id: String
        /// The agent's words for it.
        public var name: String
        /// The effect.
        public var kind: Kind

        /// Creates an option.
        public init(id: String, name: String, kind: Kind) {
            self.id = id
            self.name = name
            self.kind = kind
        }
    }

    /// The result of a permission request.
    public struct Answer: Sendable, Hashable, Codable {
        /// The reason for the result.
        public enum Decider: String, Sendable, Codable, CaseIterable {
            /// A person answered.
            case person
            /// It was refused because no answer came in time.
            case timeLimit
            /// Too many requests were open at once, so it was refused.
            case flood
            /// The agent's turn ended or was cancelled, or the agent withdrew the request.
            case turn
        }

        /// The chosen option; `nil` if the request was dropped without one.
        public var option: Option?
        /// The reason for the result.
        public var by: Decider
        /// The person's words that go with the answer.
        public var text: String?

        /// Creates a result.
        public init(option: Option?, by: Decider, text: String? = nil) {
            self.option = option
            self.by = by
            self.text = text
        }
    }

    /// The runner's own id, never the agent's.
    public var id: String
    /// The id of the tool call that waits for it.
    public var toolCall: String?
    /// The action, in one line.
    public var title: String
    /// The tool call's kind, as in ``ToolCall/kind``.
    public var kind: String?
    /// The places in files that the action concerns.
    public var locations: [ACP.Location]?
    /// The answers that the agent accepts.
    public var options: [Option]
    /// The plan to approve, in Markdown, if there is one.
    public var plan: String?
    /// The tool call whose sub-agent asks; `nil` for the main agent.
    public var parent: String?
    /// The time at which it is refused without an answer, in UTC milliseconds.
    public var until: Int64?
    /// The result; `nil` while it is open.
    public var answer: Answer?

    /// Creates an open request.
    public init(
        id: String, toolCall: String? = nil, title: String, kind: String? = nil, locations: [ACP.Location]? = nil, options: [Option],
        plan: String? = nil, parent: String? = nil
    ) {
        self.id = id
        self.toolCall = toolCall
        self.title = title
        self.kind = kind
        self.locations = locations
        self.options = options
        self.plan = plan
        self.parent = parent
    }

    /// The kind of an action that changes how the agent works, such as the end of its planning.
    public static let modeSwitch = "switch_mode"

    /// The option that refuses, if there is one.
    public var refusal: Option? { options.first { $0.kind == .refuse } }

    /// The same with every text and list cut to a bounded size.
    public var bounded: Permission {
        var bounded = self
        bounded.title = Self.shown(title)
        bounded.kind = kind?.cut(to: 40)
        bounded.toolCall = toolCall?.cut(to: 200)
        bounded.parent = parent?.cut(to: 200)
        bounded.plan = plan?.cut(to: 64 << 10)
        bounded.locations = locations.map { places in
            places.prefix(50).map { ACP.Location(path: $0.path.cut(to: 1_000), line: $0.line) }
        }
        // Options with longer ids are dropped: a shortened id would be a different one.
        bounded.options = options.filter { $0.id.utf8.count <= 200 }.prefix(12).map { option in
            Option(id: option.id, name: option.name.cut(to: 200), kind: option.kind)
        }
        return bounded
    }

    /// The longest title, in bytes: one character can have many.
    private static let titleLimit = 8 << 10

    /// The title for display: long runs of blanks and line breaks are made visible, and a cut is marked.
    private static func shown(_ text: String) -> String {
        var shown = ""
        var blanks = 0
        for character in text {
            if character.isWhitespace, !character.isNewline {
                blanks += 1
                if blanks == 9 { shown += "⟨many blanks⟩ " }
                if blanks > 8 { continue }
            } else {
                blanks = 0
            }
            if character.isNewline { shown += "⏎" } else { shown += String(character).cut(to: 64) }
        }
        guard shown.count > 2_000 || shown.utf8.count > titleLimit else { return shown }
        let beginning = fitting(shown.prefix(1_200), in: 4_800)
        let end = fitting(shown.dropFirst(beginning.count).suffix(600).reversed(), in: 2_400)
        let left = shown.count - beginning.count - end.count
        return "\(String(beginning)) ⟨… \(left) characters are not shown …⟩ \(String(end.reversed()))"
    }

    /// As many of the first characters as fit into the bytes.
    private static func fitting(_ characters: some Sequence<Character>, in bytes: Int) -> [Character] {
        var left = bytes
        return characters.prefix { character in
            left -= character.utf8.count
            return left >= 0
        }
    }
}
