/// What people, agents and sessions do to the sign-ins of one provider, step by step.
///
/// A history is a plain value, so that the same one can be run again, shrunk, and told to a person.
struct History: Sendable, Hashable, CustomStringConvertible {
    var steps: [Step]

    var description: String {
        steps.enumerated().map { "\($0 + 1). \($1)" }.joined(separator: "\n")
    }

    /// A place where a person can put a sign-in, narrow to broad. The user's layer is the owner's.
    enum Layer: String, Sendable, Hashable, CaseIterable {
        case project, user, platform
    }

    enum Person: Sendable, Hashable, CaseIterable {
        case owner, member
    }

    /// Three sessions are the fewest with which one person can race with themselves and with another.
    enum Session: String, Sendable, Hashable, CaseIterable {
        case first, second, third

        var person: Person { self == .third ? .member : .owner }
    }

    enum Step: Sendable, Hashable {
        // What a person does at a layer. Where it isn't said, the person is the owner.
        case set(Layer, by: Person)
        case off(Layer)
        case on(Layer)
        case remove(Layer)
        case clear(Layer)
        case recover(Layer)
        // What becomes of a session.
        case start(Session)
        /// The agent's file changes; nothing is sent yet.
        case rotate(Session)
        /// The session's file is sent as it is.
        case sync(Session)
        case syncGarbage(Session)
        case syncForeign(Session)
        case settle(Session)
    }
}

extension History.Step: CustomStringConvertible {
    var description: String {
        switch self {
        case .set(let layer, by: .owner): "the owner sets a new secret for \(layer)"
        case .set(let layer, by: .member): "the member sets a new secret for \(layer)"
        case .off(let layer): "\(layer) is turned off"
        case .on(let layer): "\(layer) is turned on"
        case .remove(let layer): "the secrets of \(layer) are removed"
        case .clear(let layer): "\(layer) is cleared, so that it says nothing"
        case .recover(let layer): "what is held for \(layer) is recovered"
        case .start(let session): "\(session) starts"
        case .rotate(let session): "the agent of \(session) rotates its token"
        case .sync(let session): "\(session) sends its file"
        case .syncGarbage(let session): "\(session) sends a truncated file"
        case .syncForeign(let session): "\(session) sends another account's file"
        case .settle(let session): "\(session) ends and gives its sign-in back"
        }
    }
}

extension History.Layer: CustomStringConvertible {
    var description: String {
        switch self {
        case .project: "the project"
        case .user: "the owner's own layer"
        case .platform: "the platform"
        }
    }
}

extension History.Session: CustomStringConvertible {
    var description: String {
        switch self {
        case .first: "the owner's first session"
        case .second: "the owner's second session"
        case .third: "the member's session"
        }
    }
}

extension History {
    /// Whether no one took anything away: only then is the last rotation owed a place in every case.
    var isUndisturbed: Bool {
        !steps.contains {
            switch $0 {
            case .off, .remove, .clear: true
            default: false
            }
        }
    }

    /// How often a person put a secret at the layer, be it a new one or a held one.
    func writes(at layer: Layer) -> Int {
        steps.count {
            switch $0 {
            case .set(layer, by: _), .recover(layer): true
            default: false
            }
        }
    }
}
