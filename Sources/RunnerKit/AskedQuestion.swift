import AgentProtocol

/// A permission request or an inquiry that is still open.
enum AskedQuestion: Sendable {
    case permission(Permission)
    case inquiry(Inquiry)

    var id: String {
        switch self {
        case .permission(let permission): permission.id
        case .inquiry(let inquiry): inquiry.id
        }
    }

    /// Whether it is dropped at the end of its turn. A sub-agent's question lasts as long as the sub-agent; a question that nothing waits
    /// for belongs to no turn.
    var endsWithTurn: Bool {
        switch self {
        case .permission(let permission): permission.parent == nil
        case .inquiry(let inquiry): inquiry.parent == nil && inquiry.toolCall != nil
        }
    }

    /// Whether something waits for its answer, which is over at the latest when all the agent's work has ended.
    var endsWithWork: Bool {
        switch self {
        case .permission: true
        case .inquiry(let inquiry): inquiry.toolCall != nil
        }
    }
}

extension Inquiry {
    /// The answers that can be passed to the agent; `nil` if none is left.
    ///
    /// The control plane's answers are checked here too, against the inquiry as the agent sent it.
    func valid(_ answers: [String: [String]]) -> [String: [String]]? {
        var valid: [String: [String]] = [:]
        var left = AgentSession.answerLimit
        for item in items {
            let taken = (answers[item.id] ?? []).filter { answer in
                item.choices.contains { $0.label == answer } || item.allowsText && !answer.allSatisfy(\.isWhitespace)
            }
            let texts = taken.prefix(item.allowsSeveral ? item.choices.count + 1 : 1).compactMap { text -> String? in
                let text = text.cut(to: left)
                left -= text.utf8.count
                return text.isEmpty ? nil : text
            }
            if !texts.isEmpty { valid[item.id] = texts }
        }
        return valid.isEmpty ? nil : valid
    }
}

extension Permission {
    /// The same at a size that the log keeps whole: of larger events it keeps only the beginning, and the question could not be shown.
    var fitted: Permission {
        var fitted = self
        // A person decides by the title and the plan, so the locations are dropped first.
        if !fitted.fits { fitted.locations = nil }
        for limit in [24, 16, 8, 4] where !fitted.fits {
            guard let plan else { break }
            fitted.plan = plan.cut(to: limit << 10) + "\n\n⟨The plan is longer than \(limit) KiB; the rest is not shown.⟩"
        }
        return fitted
    }

    private var fits: Bool { ((try? JSONLine.encode(self).count) ?? .max) <= AgentSession.questionSizeLimit }
}

extension Inquiry {
    /// Whether it can be shown whole.
    var fits: Bool { !items.isEmpty && ((try? JSONLine.encode(self).count) ?? .max) <= AgentSession.questionSizeLimit }
}
