import AgentProtocol

/// What a session's agent waits for a person to answer.
public struct OpenQuestion: Sendable, Hashable, Codable {
    /// What is asked.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// To be allowed something: the answer is one of the options.
        case permission
        /// Something that only a person knows: the answer is a text.
        case text
        /// One or several things, each with answers that the agent proposes.
        case inquiry
    }

    /// Means something within one attempt.
    public var id: String
    public var kind: Kind
    /// What is asked, as the agent says it.
    public var title: String
    /// The answers that a permission takes.
    public var options: [Permission.Option]
    /// Answers that the agent proposes for a text.
    public var suggestions: [String]?
    /// What an inquiry asks.
    public var items: [Inquiry.Item]?
    /// The plan that is to be approved, in Markdown, where it is one.
    public var plan: String?
    /// The tool call that waits for the answer, by the agent's id; `nil` where none is known. Nothing waits for an inquiry without one.
    public var toolCall: String?
    /// The tool call whose sub-agent asks; `nil` for the agent itself.
    public var parent: String?
    /// When it settles itself, in UTC milliseconds.
    public var until: Int64?

    init(_ permission: Permission) {
        id = permission.id
        kind = .permission
        title = permission.title
        options = permission.options
        plan = permission.plan
        toolCall = permission.toolCall
        parent = permission.parent
        until = permission.until
    }

    init(_ inquiry: Inquiry) {
        id = inquiry.id
        kind = .inquiry
        title = inquiry.items.first?.text ?? ""
        options = []
        items = inquiry.items
        toolCall = inquiry.toolCall
        parent = inquiry.parent
        until = inquiry.until
    }

    /// Asks a person something.
    init(id: String, text: String, suggestions: [String], until: Int64) {
        self.id = id
        kind = .text
        title = text
        options = []
        self.suggestions = suggestions.isEmpty ? nil : suggestions
        self.until = until
    }
}

extension OpenQuestion {
    /// Whether the agent, or a part of it, does nothing until the answer is there.
    var isWaitedFor: Bool { kind != .inquiry || toolCall != nil }

    /// The log's entry for the end of a question that can't be answered any more; `nil` for a question for a text, which has its own.
    var dropped: LogEntry? {
        switch kind {
        case .text: return nil
        case .permission:
            var permission = Permission(id: id, toolCall: toolCall, title: title, options: options, plan: plan, parent: parent)
            permission.until = until
            permission.answer = Permission.Answer(option: nil, by: .turn)
            return .permission(permission)
        case .inquiry:
            var inquiry = Inquiry(id: id, toolCall: toolCall, parent: parent, items: items ?? [])
            inquiry.until = until
            inquiry.answer = Inquiry.Answer(items: nil, by: .turn)
            return .inquiry(inquiry)
        }
    }
}

extension SessionState {
    /// Whether the agent waits for a person's answer. A question that nothing waits for does not count: the agent works on meanwhile.
    var waitsForAnswer: Bool { questions.contains(where: \.isWaitedFor) }
}

/// What came of a question for a text.
public struct QuestionAnswer: Sendable, Hashable, Codable {
    /// `nil` when nobody answered.
    public var text: String?
    /// Who settled it.
    public var by: Permission.Answer.Decider

    init(text: String?, by decider: Permission.Answer.Decider) {
        self.text = text
        by = decider
    }
}

/// A question for a text in the log: an upsert by id.
public struct QuestionEntry: Sendable, Hashable, Codable {
    public var id: String
    public var title: String
    public var suggestions: [String]?
    public var until: Int64?
    /// `nil` while it is open.
    public var answer: QuestionAnswer?

    init(_ question: OpenQuestion, answer: QuestionAnswer? = nil) {
        id = question.id
        title = question.title
        suggestions = question.suggestions
        until = question.until
        self.answer = answer
    }
}
