/// The facts that decide what happens to a rotated token, for an existing credential.
struct SyncFacts: Sendable, Hashable {
    /// Whether the pinned layer or a narrower one is off, or the user is shut out or may no longer run sessions of the project.
    var isBlocked: Bool
    /// Why the token is not a rotation of the pinned credential; `nil` if it is.
    var fault: String?
    /// Whether the token equals the stored secret.
    var isStored: Bool
    /// Whether the stored version is the pinned one.
    var isCurrent: Bool
}

/// The action for a rotated token. The order of the checks is the contract; the first that applies decides.
enum SyncDecision: Sendable, Hashable {
    /// The action for a token that arrives while the session is blocked.
    enum Blocked: Sendable, Hashable {
        case worthHolding
        case unchanged
        case invalid(String)
    }

    /// The session is blocked: no credential is changed.
    case blocked(Blocked)
    case invalid(String)
    case unchanged
    case stale
    case write

    init(_ facts: SyncFacts) {
        if facts.isBlocked {
            self = .blocked(facts.isStored ? .unchanged : facts.fault.map(Blocked.invalid) ?? .worthHolding)
        } else if let fault = facts.fault {
            self = .invalid(fault)
        } else if facts.isStored {
            self = .unchanged
        } else if !facts.isCurrent {
            self = .stale
        } else {
            self = .write
        }
    }
}
