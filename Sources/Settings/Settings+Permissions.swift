import Accounts
import Cascade
import Store

/// The most that an agent may do without asking, and the layer that decided.
public struct PermissionCeiling: Sendable, Hashable {
    /// `ask`, `edits` or `everything`.
    public var mode: String
    /// The strictest layer.
    public var scope: Scope
    /// The setting that decided at that layer.
    public var key: String
}

extension Settings {
    /// The limit on an agent's permissions: the strictest of all layers. At each layer, the agent's own setting takes precedence over the
    /// one for all agents.
    ///
    /// - Returns: `nil` if no layer says anything.
    /// - Throws: ``SettingsError`` if a layer's value is invalid; `StoreError`.
    public func permissionCeiling(
        of agent: String, project: ProjectID?, user: UserID, in transaction: any Transaction
    ) throws -> PermissionCeiling? {
        let own = Setting.permissions(of: agent)
        let ofAll = Setting.permissions
        let speaking = try zip(
            layers(own, project: project, user: user, in: transaction), layers(ofAll, project: project, user: user, in: transaction)
        ).map { mine, others in
            Self.speaksOfItself(mine.layer.entry) ? (layer: mine.layer, key: own.key) : (layer: others.layer, key: ofAll.key)
        }
        let resolution = resolveCeiling(speaking.map(\.layer), inactive: ofAll.whenOff, tighten: own.tighter)
        switch resolution.outcome {
        case .absent, .blocked: return nil
        case .failed(let layer, let why):
            throw SettingsError(.invalid, "What \(agent) may do without asking can't be read at \(layer.rawValue): \(why)")
        case .found(let value, let layer):
            guard let scope = Scope(rawValue: layer.rawValue), let spoke = speaking.first(where: { $0.layer.layer == layer }) else {
                return nil
            }
            return PermissionCeiling(mode: value.text, scope: scope, key: spoke.key)
        }
    }

    private static func speaksOfItself(_ entry: Entry<SettingValue, Tombstone, String>) -> Bool {
        switch entry {
        case .absent, .active(.text(Setting.asOthers)): false
        case .active, .inactive, .failed: true
        }
    }
}
