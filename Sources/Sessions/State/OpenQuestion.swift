import AgentProtocol

/// A question that a session's agent asks a person.
public struct OpenQuestion: Sendable, Hashable, Codable {
    /// The kind of question.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A request for permission: the answer is one of the options.
        case permission
        /// A question by SAM's own tool: the answer is a text.
        case text
        /// One or several items, each with answers that the agent proposes.
        case inquiry
    }

    /// The id, unique within one attempt.
    public var id: String
    /// The kind of question.
    public var kind: Kind
    /// The question, in the agent's words.
    public var title: String
    /// The answers that a permission question accepts.
    public var options: [Permission.Option]
    /// Answers that the agent proposes for a text question.
    public var suggestions: [String]?
    /// The items of an inquiry.
    public var items: [Inquiry.Item]?
    /// The plan to be approved, in Markdown; `nil` when the question is about none.
    public var plan: String?
    /// The tool call that waits for the answer, by the agent's id; `nil` when none is known. An inquiry without one blocks nothing.
    public var toolCall: String?
    /// The tool call whose sub-agent asks; `nil` for the agent itself.
    public var parent: String?
    /// When it expires, in UTC milliseconds.
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

    /// Creates a text question.
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
    /// Whether the agent, or a part of it, does nothing until the question is answered.
    var isWaitedFor: Bool { kind != .inquiry || toolCall != nil }

    /// The log entry for the end of a question that can't be answered any more; `nil` for a text question, which has its own.
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
    /// Whether the agent waits for a person's answer. A question that blocks nothing does not count: the agent works on meanwhile.
    var waitsForAnswer: Bool { questions.contains(where: \.isWaitedFor) }
}

/// The outcome of a text question.
public struct QuestionAnswer: Sendable, Hashable, Codable {
    /// The answer; `nil` when nobody answered.
    public var text: String?
    /// Who or what settled it.
    public var by: Permission.Answer.Decider

    init(text: String?, by decider: Permission.Answer.Decider) {
        self.text = text
        by = decider
    }
}

/// A text question in the log. A later entry with the same id replaces an earlier one.
public struct QuestionEntry: Sendable, Hashable, Codable {
    /// The question's id.
    public var id: String
    /// The question, in the agent's words.
    public var title: String
    /// Answers that the agent proposes.
    public var suggestions: [String]?
    /// When it expires, in UTC milliseconds.
    public var until: Int64?
    /// The outcome; `nil` while it is open.
    public var answer: QuestionAnswer?

    init(_ question: OpenQuestion, answer: QuestionAnswer? = nil) {
        id = question.id
        title = question.title
        suggestions = question.suggestions
        until = question.until
        self.answer = answer
    }
}
