import Accounts
import Vault

/// The contexts that seals are bound to.
extension Credential {
    /// Contains the version, so that an older version's seal put back into its row does not open.
    var sealContext: SealContext { Self.sealContext(id, owner, provider, kind, version: version) }

    static func sealContext(
        _ id: CredentialID, _ owner: ScopeOwner, _ provider: Provider, _ kind: CredentialKind, version: Int
    ) -> SealContext {
        SealContext("credential", id.rawValue, owner.scope.rawValue, owner.owner, provider.rawValue, kind.rawValue, String(version))
    }

    /// The context of a held rotation. The time distinguishes it from others of the same session.
    func heldContext(_ session: SessionReference, at heldAt: Int64) -> SealContext {
        SealContext("held", id.rawValue, session.rawValue, provider.rawValue, kind.rawValue, String(heldAt))
    }

    // MARK: - Seals of the old form, without a version

    var oldSealContext: SealContext {
        SealContext(id.rawValue, owner.scope.rawValue, owner.owner, provider.rawValue, kind.rawValue)
    }

    func oldHeldContext(_ session: SessionReference) -> SealContext {
        SealContext("held", id.rawValue, session.rawValue, provider.rawValue, kind.rawValue)
    }
}
