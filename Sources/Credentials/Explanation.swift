import Accounts
import Cascade
import Foundation
import Store

/// What applies to a provider and why, fit to be shown: each layer with who made it so, when and why, and the
/// verdict in one sentence.
public struct Explanation: Sendable, Hashable, Codable {
    /// Which of the four answers it is.
    public enum Outcome: String, Sendable, Codable {
        case found, blocked, failed, absent
    }

    /// One layer, narrow before broad.
    public struct Layer: Sendable, Hashable, Codable {
        public var scope: Scope
        /// `absent`, `active`, `inactive` or `failed`.
        public var finding: String
        /// What the cascade made of it.
        public var verdict: String
        /// The name of the user who made the layer what it is.
        public var by: String?
        /// UTC milliseconds.
        public var at: Int64?
        /// Why it was turned off, or why it can't be used.
        public var reason: String?
        public var credential: CredentialID?
        public var kind: CredentialKind?
        public var version: Int?
        public var label: String?
    }

    public var provider: Provider
    public var outcome: Outcome
    /// The scope that decided; missing when none did.
    public var scope: Scope?
    public var sentence: String
    public var layers: [Layer]
}

extension Credentials {
    /// What applies to each provider for a user in a project, and why.
    ///
    /// - Parameter providers: those to explain; `nil` for all that SAM knows, and the custom ones of which a layer says something.
    /// - Throws: `StoreError`.
    public func explain(_ providers: [Provider]? = nil, project: ProjectID?, user: UserID) async throws -> [Explanation] {
        try await store.read { transaction in
            let layers: [ScopeOwner] = (project.map { [.project($0)] } ?? []) + [.user(user), .platform]
            return try (providers ?? self.providers(at: layers, transaction)).map {
                try explain($0, project: project, user: user, in: transaction)
            }
        }
    }

    func explain(
        _ provider: Provider, project: ProjectID?, user: UserID, in transaction: any Transaction
    ) throws -> Explanation {
        let layers = try layers(provider, project: project, user: user, in: transaction)
        let resolution = Self.resolve(layers)
        let told = try zip(layers, resolution.trace).map { layer, step in
            let told = TraceStep(step)
            var shown = Explanation.Layer(scope: told.scope, finding: told.finding, verdict: told.verdict)
            if let binding = layer.binding {
                shown.by = try userName(binding.changedBy, transaction)
                shown.at = binding.changedAt
                shown.reason = binding.reason
                if let id = binding.credential, let credential = try? credential(id, transaction) {
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
            provider: provider, outcome: Explanation.Outcome(resolution.outcome), scope: resolution.outcome.layer,
            sentence: try sentence(provider, resolution.outcome, transaction), layers: told)
    }

    /// The verdict in one sentence, without a secret.
    func sentence(
        _ provider: Provider, _ outcome: Resolution.CascadeOutcome, _ transaction: any Transaction
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
            return "\(name) can't be used: the \(scope.possessive) credential \(failure.sentence), and nothing broader stands in for it."
        case .absent:
            return "No scope has a credential for \(name). Give it one with: sam credentials set \(name)"
        }
    }

    func userName(_ id: UserID, _ transaction: any Transaction) throws -> String {
        try transaction.first("SELECT name FROM users WHERE id = $1", id)?.text("name") ?? id.rawValue
    }

    private static func day(_ time: Int64) -> String {
        Date(timeIntervalSince1970: Double(time) / 1_000).formatted(.iso8601.year().month().day())
    }
}

extension Cascade.Resolution {
    /// The outcome's type, by a name that can be written.
    typealias CascadeOutcome = Cascade.Outcome<Layer, Value, Tombstone, Failure>
}

extension Explanation.Outcome {
    init(_ outcome: Credentials.Resolution.CascadeOutcome) {
        switch outcome {
        case .found: self = .found
        case .blocked: self = .blocked
        case .failed: self = .failed
        case .absent: self = .absent
        }
    }
}

extension Scope {
    var possessive: String {
        switch self {
        case .project: "project's"
        case .user: "user's"
        case .platform: "platform's"
        }
    }
}
