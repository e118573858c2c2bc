/// What is known when a rotated token arrives for a credential that stands, as far as it matters.
struct SyncFacts: Sendable, Hashable {
    /// Whether the pinned layer or a narrower one was turned off, or the person may not come in any more.
    var isBlocked: Bool
    /// Why what arrived is no rotation of what was pinned; `nil` for one that is.
    var fault: String?
    /// Whether it is what is stored already.
    var isStored: Bool
    /// Whether the stored version is the pinned one.
    var isCurrent: Bool
}

/// What is done about it. The order of the checks is the contract; the first that applies answers.
enum SyncDecision: Sendable, Hashable {
    /// What arrives under a tombstone.
    enum Blocked: Sendable, Hashable {
        case worthHolding
        case unchanged
        case invalid(String)
    }

    /// A layer is off: no credential is touched.
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
