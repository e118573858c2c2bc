import Accounts
import Vault

/// The words that seals are bound to.
extension Credential {
    /// An older version's seal, put back into its row, opens with these no more.
    var sealContext: SealContext { Self.sealContext(id, owner, provider, kind, version: version) }

    static func sealContext(
        _ id: CredentialID, _ owner: ScopeOwner, _ provider: Provider, _ kind: CredentialKind, version: Int
    ) -> SealContext {
        SealContext("credential", id.rawValue, owner.scope.rawValue, owner.owner, provider.rawValue, kind.rawValue, String(version))
    }

    /// A held rotation's. Its time tells it from others of the same session.
    func heldContext(_ session: SessionReference, at heldAt: Int64) -> SealContext {
        SealContext("held", id.rawValue, session.rawValue, provider.rawValue, kind.rawValue, String(heldAt))
    }

    // MARK: - Of the time when seals had no version

    var oldSealContext: SealContext {
        SealContext(id.rawValue, owner.scope.rawValue, owner.owner, provider.rawValue, kind.rawValue)
    }

    func oldHeldContext(_ session: SessionReference) -> SealContext {
        SealContext("held", id.rawValue, session.rawValue, provider.rawValue, kind.rawValue)
    }
}
