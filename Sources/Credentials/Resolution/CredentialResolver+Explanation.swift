import Accounts
import Cascade
import Foundation
import Store

extension CredentialResolver {
    /// Explains what applies to each provider for a user in a project.
    ///
    /// - Parameter providers: the providers to explain; `nil` for all known ones and the custom ones with an entry at a layer.
    /// - Throws: `StoreError`.
    public func explain(_ providers: [Provider]? = nil, project: ProjectID?, user: UserID) async throws -> [CredentialExplanation] {
        try await store.read { transaction in
            try (providers ?? CustomProviders.known(at: ScopeOwner.layers(project: project, user: user), transaction)).map {
                try explain($0, project: project, user: user, transaction)
            }
        }
    }

    func explain(
        _ provider: Provider, project: ProjectID?, user: UserID, _ transaction: any Transaction
    ) throws -> CredentialExplanation {
        let layers = try layers(provider, project: project, user: user, transaction)
        let resolution = Self.resolve(layers)
        let shown = try zip(layers, resolution.trace).map { layer, step in
            var shown = ExplainedLayer(step, ExplainedCredential())
            if let binding = layer.binding {
                shown.by = try userName(binding.changedBy, transaction)
                shown.at = binding.changedAt
                shown.reason = binding.reason
                if let id = binding.credential, let credential = try? rows.credential(id, transaction) {
                    shown.credential = credential.id
                    shown.kind = credential.kind
                    shown.version = credential.version
                    shown.label = credential.label
                }
            }
            if case .failed(let failure) = layer.entry { shown.reason = failure.sentence }
            return shown
        }
        return Explanation(
            ExplainedProvider(provider: provider), outcome: ExplainedOutcome(resolution.outcome), scope: resolution.outcome.layer,
            sentence: try sentence(provider, resolution.outcome, transaction), layers: shown)
    }

    /// The result in one sentence, without a secret.
    func sentence(
        _ provider: Provider, _ outcome: CredentialOutcome, _ transaction: any Transaction
    ) throws -> String {
        let name = provider.rawValue
        switch outcome {
        case .found(let selection, let scope):
            return "\(name) uses the \(scope.possessive) credential “\(selection.label)”, version \(selection.version)."
        case .blocked(let scope, let tombstone):
            let by = try userName(tombstone.by, transaction)
            let reason = tombstone.reason.map { " (“\($0)”)" } ?? ""
            return
                "\(name) is turned off at the \(scope.rawValue) scope by \(by) on \(Self.day(tombstone.at))\(reason), so nothing is used for it."
        case .failed(let scope, let failure):
            return "\(name) can't be used: the \(scope.possessive) credential \(failure.sentence), and no broader layer replaces it."
        case .absent:
            return "No scope has a credential for \(name). Give it one with: sam credentials set \(name)"
        }
    }

    private func userName(_ id: UserID, _ transaction: any Transaction) throws -> String {
        try accounts.name(of: id, in: transaction) ?? id.rawValue
    }

    private static func day(_ time: Int64) -> String {
        Date(timeIntervalSince1970: Double(time) / 1_000).formatted(.iso8601.year().month().day())
    }
}

extension Scope {
    fileprivate var possessive: String {
        switch self {
        case .project: "project's"
        case .user: "user's"
        case .platform: "platform's"
        }
    }
}
