import Accounts
import AgentProtocol
import Settings

/// What a session's agent may do without asking, according to the layers that set it.
struct PermissionBound: Sendable, Hashable {
    /// The most that any session may do; `nil` when no layer sets it.
    var ceiling: PermissionCeiling?
    /// The mode of a session created without one. A project's setting can only tighten it.
    var usual: PermissionMode

    /// - Parameters:
    ///   - ceiling: the ceiling of project, user and platform.
    ///   - broad: the ceiling of user and platform alone.
    ///   - standard: the mode when user and platform set none.
    init(ceiling: PermissionCeiling?, broad: PermissionCeiling?, standard: PermissionMode) {
        self.ceiling = ceiling
        let wanted = broad.map { PermissionMode($0) } ?? standard
        usual = ceiling.map { min(PermissionMode($0), wanted) } ?? wanted
    }

    /// The stricter of the requested mode and the ceiling.
    func bounded(_ mode: PermissionMode) -> PermissionMode {
        ceiling.map { min(PermissionMode($0), mode) } ?? mode
    }

    /// Why a requested mode is refused; `nil` when it is allowed.
    func refusal(of wish: PermissionMode, project: String) -> String? {
        guard let ceiling, bounded(wish) != wish else { return nil }
        return """
            The permission mode “\(wish.rawValue)” is more than the \(ceiling.scope.rawValue) scope allows, which is “\(ceiling.mode)” at \
            most. Ask for that, or for nothing. See the layers with: sam settings explain \(ceiling.key) --project \(project)
            """
    }

    /// The note for a session's log when it may now do less than was recorded; `nil` when nothing is reduced.
    func note(on recorded: PermissionMode) -> String? {
        guard let ceiling, bounded(recorded) != recorded else { return nil }
        return """
            The \(ceiling.scope.rawValue) scope now allows “\(ceiling.mode)” at most (\(ceiling.key)), so that is what the agent may do \
            without asking, and not “\(recorded.rawValue)”.
            """
    }
}

extension PermissionMode {
    /// A mode that can't be parsed becomes the strictest, `ask`.
    init(_ ceiling: PermissionCeiling) {
        self = PermissionMode(rawValue: ceiling.mode) ?? .ask
    }
}
