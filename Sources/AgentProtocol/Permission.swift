/// Something that an agent asks to be allowed, and what came of it: an upsert by id.
///
/// What it says of itself is the agent's word. The sandbox, not a permission, is what an agent can't get around.
public struct Permission: Sendable, Hashable, Codable {
    /// One of the answers that the agent takes.
    public struct Option: Sendable, Hashable, Codable {
        /// What an answer means.
        public enum Kind: String, Sendable, Codable, CaseIterable {
            case allowOnce, allowAlways, refuse
        }

        public var id: String
        /// The agent's words for it.
        public var name: String
        public var kind: Kind

        /// Makes an option.
        public init(id: String, name: String, kind: Kind) {
            self.id = id
            self.name = name
            self.kind = kind
        }
    }

    /// How a question was settled.
    public struct Answer: Sendable, Hashable, Codable {
        /// Who settled it.
        public enum Decider: String, Sendable, Codable, CaseIterable {
            case person
            /// Nobody answered in time, so it is refused.
            case timeLimit
            /// More was asked at once than a person can answer, so it is refused.
            case flood
            /// The agent's turn ended or was cancelled, or it took its question back.
            case turn
        }

        /// The chosen option; `nil` when the question was dropped without one.
        public var option: Option?
        public var by: Decider
        /// What the person said with it.
        public var text: String?

        /// Settles a question.
        public init(option: Option?, by: Decider, text: String? = nil) {
            self.option = option
            self.by = by
            self.text = text
        }
    }

    /// The runner's own, never the agent's.
    public var id: String
    /// The tool call that waits for it, by the agent's id.
    public var toolCall: String?
    /// What the agent wants to do, in one line.
    public var title: String
    /// The tool call's kind, as in ``ToolCall/kind``.
    public var kind: String?
    public var locations: [ACP.Location]?
    public var options: [Option]
    /// The plan that is to be approved, in Markdown, where it is one.
    public var plan: String?
    /// The tool call whose sub-agent asks; `nil` for the agent itself.
    public var parent: String?
    /// When it is refused if nobody has answered, in UTC milliseconds.
    public var until: Int64?
    /// `nil` while it is open.
    public var answer: Answer?

    /// Asks.
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

    /// The kind of what changes how the agent works, as the end of its planning.
    public static let modeSwitch = "switch_mode"

    /// The option that refuses, where the agent takes one.
    public var refusal: Option? { options.first { $0.kind == .refuse } }

    /// The same with every text and list cut to what a person can read, so that an agent can't grow what is kept of it.
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
        // An id that was cut would be another one.
        bounded.options = options.filter { $0.id.utf8.count <= 200 }.prefix(12).map { option in
            Option(id: option.id, name: option.name.cut(to: 200), kind: option.kind)
        }
        return bounded
    }

    /// The most bytes of a title: one character can have many.
    private static let titleLimit = 8 << 10

    /// What a person is asked to allow, with nothing hidden behind blanks, and with a mark where it was cut.
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

    /// The first of these characters, as many as so many bytes hold.
    private static func fitting(_ characters: some Sequence<Character>, in bytes: Int) -> [Character] {
        var left = bytes
        return characters.prefix { character in
            left -= character.utf8.count
            return left >= 0
        }
    }
}
