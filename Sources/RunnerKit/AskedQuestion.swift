import AgentProtocol

/// What an agent has asked and a person has not settled yet.
enum AskedQuestion: Sendable {
    case permission(Permission)
    case inquiry(Inquiry)

    var id: String {
        switch self {
        case .permission(let permission): permission.id
        case .inquiry(let inquiry): inquiry.id
        }
    }

    /// Whether it ends with the turn in which it was asked. A sub-agent's goes on as the sub-agent does, and one that nothing waits for
    /// has no turn.
    var endsWithTurn: Bool {
        switch self {
        case .permission(let permission): permission.parent == nil
        case .inquiry(let inquiry): inquiry.parent == nil && inquiry.toolCall != nil
        }
    }

    /// Whether something waits for its answer that ends at the latest when nothing of the agent runs any more.
    var endsWithWork: Bool {
        switch self {
        case .permission: true
        case .inquiry(let inquiry): inquiry.toolCall != nil
        }
    }
}

extension Inquiry {
    /// The answers that can be given to the agent; `nil` when none is left.
    ///
    /// What comes from the control plane is checked here too, where the inquiry stands as the agent made it.
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
    /// The same at a size that the log takes whole: it keeps only the beginning of a longer event, and the question could not be shown.
    var fitted: Permission {
        var fitted = self
        // The title and the plan are what a person decides by, so the places go first.
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
