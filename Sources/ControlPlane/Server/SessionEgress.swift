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
import Wording
import Workspaces

/// The hosts that agents may reach, from the settings; refusals are noted in the sessions' logs.
final class SessionEgress: Sendable {
    private let sessions: SessionChanges
    private let settings: Settings
    private let accounts: Accounts
    private let catalogue: LiveCatalogue
    private let logger: Logger
    /// The notes of each session. Each is written once, because an agent can repeat a request forever.
    private let told = Mutex<[SessionReference: Set<String>]>([:])

    /// The most refusals that are noted per session.
    private static let limit = 100

    init(sessions: SessionChanges, settings: Settings, accounts: Accounts, catalogue: LiveCatalogue, logger: Logger) {
        self.sessions = sessions
        self.settings = settings
        self.accounts = accounts
        self.catalogue = catalogue
        self.logger = logger
    }

    var gate: EgressGate {
        EgressGate(rules: { await self.rules($0) }, refused: { await self.tell($1, $0) })
    }

    private func rules(_ reference: SessionReference) async -> EgressRules {
        do {
            let session = try await sessions.queries.session(SessionID(rawValue: reference.rawValue))
            let project = try await accounts.project(session.project.rawValue)
            return EgressRules(
                hosts: try await settings.hosts(.egressHosts, project: session.project, user: session.user),
                privateHosts: try await settings.hosts(.egressPrivateHosts, project: session.project, user: session.user),
                repository: (try? RepositoryLocation(project.repository))?.authorities.compactMap { HostPattern($0) } ?? [])
        } catch {
            logger.error("What session \(reference.rawValue) may reach can't be looked up, so it is nothing: \(logWords(of: error))")
            return .nothing
        }
    }

    private func tell(_ refusal: EgressRefusal, _ session: SessionReference) async {
        let sentence = refusal.sentence
        let isNew = told.withLock { told in
            var sentences = told[session] ?? []
            guard sentences.count < Self.limit, sentences.insert(sentence).inserted else { return false }
            if told.count > 1_000 { told = [:] }
            told[session] = sentences
            return true
        }
        guard isNew else { return }
        do {
            let id = SessionID(rawValue: session.rawValue)
            // The agent's own background request: no work depends on it, and a person can't do anything about it.
            if let host = refusal.host, let port = refusal.port {
                let agent = catalogue.current.agent(try await sessions.queries.session(id).agent)
                if agent?.ownHosts.compactMap({ HostPattern($0) }).contains(where: { $0.matches(host, port: port) }) == true {
                    return logger.info("\(session.rawValue): \(sentence) (The agent asks for it by itself.)")
                }
            }
            try await sessions.note(sentence, in: id)
        } catch {
            logger.warning("\(session.rawValue): \(sentence) (The session's log does not take it: \(logWords(of: error)))")
        }
    }
}
