/// What is known when a rotated token arrives, as far as it matters.
struct SyncFacts: Sendable, Hashable {
    /// Whether the session was started with a credential of this agent's and kind as a file, below the platform.
    var isPinned: Bool
    /// Whether the pinned credential and its layer's binding are both still there.
    var stands: Bool
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
    /// Nothing was pinned, or what was is gone: nothing is touched, and no broader layer is written.
    case nothingThere
    /// A layer is off: no credential is touched; what arrived is held if it is worth holding.
    case blocked(hold: Bool)
    case invalid(String)
    case unchanged
    case stale
    case write

    init(_ facts: SyncFacts) {
        if !facts.isPinned || !facts.stands {
            self = .nothingThere
        } else if facts.isBlocked {
            self = .blocked(hold: facts.fault == nil && !facts.isStored)
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
