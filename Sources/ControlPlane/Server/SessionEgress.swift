import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Foundation
import Gateway
import Logging
import Sessions
import Settings
import Synchronization
import Workspaces

/// What agents may reach outside, from the settings, and what they were refused, into their sessions' logs.
///
/// The engine comes after the gateway that asks this, so it is handed over when it is there.
final class SessionEgress: Sendable {
    private struct State {
        var engine: SessionEngine?
        /// What was told of each session: once, because an agent could ask for ever.
        var told: [SessionReference: Set<String>] = [:]
    }

    private let settings: Settings
    private let accounts: Accounts
    private let catalogue: LiveCatalogue
    private let logger: Logger
    private let state = Mutex(State())

    /// The most refusals that a session's log tells of.
    private static let limit = 100

    init(settings: Settings, accounts: Accounts, catalogue: LiveCatalogue, logger: Logger) {
        self.settings = settings
        self.accounts = accounts
        self.catalogue = catalogue
        self.logger = logger
    }

    func use(_ engine: SessionEngine) {
        state.withLock { $0.engine = engine }
    }

    var gate: EgressGate {
        EgressGate(rules: { await self.rules($0) }, refused: { await self.tell($1, $0) })
    }

    private func rules(_ reference: SessionReference) async -> EgressRules {
        guard let engine = state.withLock({ $0.engine }) else { return .nothing }
        do {
            let session = try await engine.queries.session(SessionID(rawValue: reference.rawValue))
            let project = try await accounts.project(session.project.rawValue)
            return EgressRules(
                hosts: try await settings.hosts(.egressHosts, project: session.project, user: session.user),
                privateHosts: try await settings.hosts(.egressPrivateHosts, project: session.project, user: session.user),
                repository: (try? RepositoryLocation(project.repository))?.authorities.compactMap { HostPattern($0) } ?? [])
        } catch {
            logger.error("What session \(reference.rawValue) may reach can't be looked up, so it is nothing: \(error)")
            return .nothing
        }
    }

    private func tell(_ refusal: EgressRefusal, _ session: SessionReference) async {
        let sentence = refusal.sentence
        let engine = state.withLock { state -> SessionEngine? in
            var told = state.told[session] ?? []
            guard told.count < Self.limit, told.insert(sentence).inserted else { return nil }
            if state.told.count > 1_000 { state.told = [:] }
            state.told[session] = told
            return state.engine
        }
        guard let engine else { return }
        do {
            let id = SessionID(rawValue: session.rawValue)
            // No work asked for it, and a person can't do anything about it.
            if let host = refusal.host, let port = refusal.port {
                let agent = catalogue.current.agent(try await engine.queries.session(id).agent)
                if agent?.ownHosts.compactMap({ HostPattern($0) }).contains(where: { $0.matches(host, port: port) }) == true {
                    return logger.info("\(session.rawValue): \(sentence) (The agent asks for it by itself.)")
                }
            }
            try await engine.note(sentence, in: id)
        } catch {
            logger.warning("\(session.rawValue): \(sentence) (The session's log does not take it: \(error))")
        }
    }
}
