import Accounts
import AgentProtocol
import Settings

/// What a session's agent may do without asking, by the layers that speak of it.
struct PermissionBound: Sendable, Hashable {
    /// What no session may exceed; `nil` while no layer says anything.
    var ceiling: PermissionCeiling?
    /// The mode of a session that asked for no mode. A project's setting can only tighten it.
    var usual: PermissionMode

    /// - Parameters:
    ///   - ceiling: that of project, user and platform.
    ///   - broad: that of user and platform alone.
    ///   - standard: what holds when neither says anything.
    init(ceiling: PermissionCeiling?, broad: PermissionCeiling?, standard: PermissionMode) {
        self.ceiling = ceiling
        let wanted = broad.map { PermissionMode($0) } ?? standard
        usual = ceiling.map { min(PermissionMode($0), wanted) } ?? wanted
    }

    /// The strictest of a wish and what is allowed.
    func bounded(_ mode: PermissionMode) -> PermissionMode {
        ceiling.map { min(PermissionMode($0), mode) } ?? mode
    }

    /// Why a wish can't be had; `nil` for one that can.
    func refusal(of wish: PermissionMode, project: String) -> String? {
        guard let ceiling, bounded(wish) != wish else { return nil }
        return """
            The permission mode “\(wish.rawValue)” is more than the \(ceiling.scope.rawValue) scope allows, which is “\(ceiling.mode)” at \
            most. Ask for that, or for nothing. Who says so is shown by: sam settings explain \(ceiling.key) --project \(project)
            """
    }

    /// What a session's log says when it may do less than was recorded of it; `nil` when it may do all of that.
    func note(on recorded: PermissionMode) -> String? {
        guard let ceiling, bounded(recorded) != recorded else { return nil }
        return """
            The \(ceiling.scope.rawValue) scope allows “\(ceiling.mode)” at most by now (\(ceiling.key)), so that is what the agent may do \
            without asking, and not “\(recorded.rawValue)”.
            """
    }
}

extension PermissionMode {
    /// A mode that can't be read allows nothing.
    init(_ ceiling: PermissionCeiling) {
        self = PermissionMode(rawValue: ceiling.mode) ?? .ask
    }
}
