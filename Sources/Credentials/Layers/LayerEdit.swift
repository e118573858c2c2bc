import Accounts
import Store
import Vault

/// One act on one layer: the five acts' effects on its binding and credentials.
struct LayerEdit {
    let rows: CredentialRows
    let held: HeldRows
    let change: CredentialChange

    private var provider: Provider { change.provider }
    private var owner: ScopeOwner { change.owner }
    private var scope: String { change.owner.scope.rawValue }

    /// Performs an act.
    ///
    /// - Returns: a sentence that says what was done.
    func perform(_ act: CredentialAct, _ transaction: any Transaction) throws -> String {
        switch act {
        case .set(let new): try set(new, transaction)
        case .off: try turnOff(transaction)
        case .on: try turnOn(transaction)
        case .remove: try remove(transaction)
        case .clear: try clear(transaction)
        }
    }

    private func set(_ new: NewSecret, _ transaction: any Transaction) throws -> String {
        guard provider.takesCredential else {
            throw CredentialsError(.invalid, "\(provider.rawValue) is SAM's own and takes no key.")
        }
        try SecretRules.check(new.secret, for: provider)
        guard new.expiresAt.map({ $0 > rows.now() }) != false else {
            throw CredentialsError(
                .invalid,
                "expiresAt, in UTC milliseconds, is \(new.expiresAt ?? 0), which is in the past. What is stored is unchanged.")
        }
        try CustomProviders.checkRoom(for: provider, at: owner, transaction)
        let binding = try BindingRows.binding(owner, provider, transaction)
        let (stored, sentence) = try store(new, replacing: binding?.credential, transaction)
        guard let binding, binding.state == .inactive else {
            try put(.active, stored.id, transaction)
            return sentence
        }
        // A tombstone keeps the user who set it, even when someone else stores a new secret under it.
        try BindingRows.put(binding.selecting(stored.id), transaction)
        return sentence + " The scope stays turned off; `on` uses it."
    }

    /// Writes a new version of the selected credential if its kind is the same, and a new credential otherwise.
    private func store(
        _ new: NewSecret, replacing selected: CredentialID?, _ transaction: any Transaction
    ) throws -> (Credential, sentence: String) {
        guard var stored = try selected.flatMap({ try rows.credential($0, transaction) }), stored.kind == provider.kind else {
            let stored = try rows.insert(new, of: owner, provider, by: change.actor.id, transaction)
            return (stored, "“\(stored.label)” is stored at the \(scope) scope.")
        }
        if let label = new.label { stored.label = try SecretRules.label(label, for: provider) }
        stored.version += 1
        stored.setBy = change.actor.id
        try rows.write(new, stored, transaction)
        return (stored, "Version \(stored.version) of “\(stored.label)” is stored at the \(scope) scope.")
    }

    private func turnOff(_ transaction: any Transaction) throws -> String {
        try CustomProviders.checkRoom(for: provider, at: owner, transaction)
        let selected = try BindingRows.binding(owner, provider, transaction)?.credential
        try put(.inactive, selected, transaction)
        let stored = selected == nil ? "" : " Its credential stays stored."
        return "\(provider.rawValue) is turned off at the \(scope) scope.\(stored)"
    }

    private func turnOn(_ transaction: any Transaction) throws -> String {
        let binding = try BindingRows.binding(owner, provider, transaction)
        // After a clear nothing is selected; use the newest stored credential.
        let chosen =
            try binding?.credential.flatMap { try rows.credential($0, transaction) }
            ?? rows.credentials(of: owner, provider, transaction).first
        guard let chosen else {
            throw CredentialsError(
                .wrongState,
                """
                The \(scope) scope has no credential for \(provider.rawValue) to turn on. \
                Store one with `set`, or let broader scopes speak with `clear`.
                """)
        }
        try put(.active, chosen.id, transaction)
        return "\(provider.rawValue) is turned on at the \(scope) scope, with “\(chosen.label)”."
    }

    private func remove(_ transaction: any Transaction) throws -> String {
        let binding = try BindingRows.binding(owner, provider, transaction)
        let stored = try rows.ids(of: owner, provider, transaction)
        guard !stored.isEmpty || binding?.credential != nil else {
            throw CredentialsError(.notFound, "The \(scope) scope has no credential for \(provider.rawValue) to remove.")
        }
        var count = 0
        for credential in stored {
            count += try held.count(of: credential, transaction)
            try rows.remove(credential, transaction)
        }
        let removed = "The credential is removed\(count > 0 ? ", and the \(count) rotations of it that were held" : "")."
        guard let binding else { return removed }
        switch binding.state {
        case .active:
            try BindingRows.remove(owner, provider, transaction)
            return removed
        case .inactive:
            try BindingRows.put(binding.selecting(nil), transaction)
            return removed + " The scope stays turned off: `clear` lets broader scopes speak again."
        }
    }

    private func clear(_ transaction: any Transaction) throws -> String {
        guard let binding = try BindingRows.binding(owner, provider, transaction) else {
            throw CredentialsError(.notFound, "The \(scope) scope says nothing about \(provider.rawValue) already.")
        }
        try BindingRows.remove(owner, provider, transaction)
        let stored = binding.credential == nil ? "" : " Its credential stays stored and unused; `on` uses it again, `rm` removes it."
        return "The \(scope) scope says nothing about \(provider.rawValue) any more.\(stored)"
    }

    /// Writes the layer's binding in the actor's name.
    private func put(_ state: Binding.State, _ credential: CredentialID?, _ transaction: any Transaction) throws {
        try BindingRows.put(
            Binding(
                owner: owner, provider: provider, state: state, credential: credential, reason: change.reason,
                changedBy: change.actor.id, changedAt: rows.now()), transaction)
    }
}

extension Binding {
    /// The same binding with another credential, or none.
    fileprivate func selecting(_ credential: CredentialID?) -> Self {
        var binding = self
        binding.credential = credential
        return binding
    }
}
