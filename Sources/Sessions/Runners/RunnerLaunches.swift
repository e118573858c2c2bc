import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Gateway
import Sandbox
import Settings
import Store
import Workspaces

/// What a session's runner is started with, from the records as they are now.
struct RunnerLaunches: Sendable {
    let changes: SessionChanges
    let accounts: Accounts
    let settings: Settings
    let pins: Pins
    let agents: AgentPrograms

    private var queries: SessionQueries { changes.queries }
    private var store: Store { changes.sessions.store }
    private var leases: Leases { changes.sessions.leases }

    /// What an attempt may do, decided in the transaction that gives it its lease.
    struct Grant: Sendable {
        var lease: LeaseToken
        var bounds: SessionBounds
    }

    /// Gives an attempt a lease for the gateway, and judges its sandbox and permissions. An earlier lease of the session ends.
    ///
    /// - Returns: `nil` when the attempt is out of date: cancelled meanwhile, or followed by another; or its agent has started.
    func grant(_ session: Session, _ attempt: Int, in transaction: any Transaction) throws -> Grant? {
        let state = try SessionStore.state(session.id, transaction)
        guard state.attempt == attempt, state.phase == .booting, !state.runnerIsGone else { return nil }
        let bounds = try SessionBounds.judge(session.id, accounts, settings, transaction)
        let caller = SessionIdentity(
            session: SessionReference(session.id), agent: session.agent, project: session.project, user: session.user)
        return Grant(lease: try leases.make(for: caller, in: transaction), bounds: bounds)
    }

    /// What an attempt's runner is started with.
    func launch(of session: Session, attempt: Int, token: String, by grant: Grant) async throws -> RunnerLaunch {
        var project = try await accounts.project(session.project.rawValue)
        project.sandbox = grant.bounds.sandbox
        return RunnerLaunch(
            session: session.id, attempt: attempt, project: project,
            agent: try await program(of: session, access: GatewayAccess(address: AgentProgram.gatewayAddress, lease: grant.lease.text)),
            token: token,
            limits: try await limits(of: session),
            handshakeTimeout: try await settings.integer(.handshakeTimeout, project: project.id, user: session.user),
            outputLimit: try await settings.integer(.outputLimit, project: project.id, user: session.user) << 20,
            permissions: grant.bounds.permissions, earlier: try await earlier(of: session),
            answerTimeout: try await settings.integer(.answerTimeout, project: project.id, user: session.user),
            signIn: try await signIn(of: session))
    }

    /// The limits of a session's sandbox.
    func limits(of session: Session) async throws -> SandboxLimits {
        func setting(_ setting: Setting) async throws -> Int {
            try await settings.integer(setting, project: session.project, user: session.user)
        }
        return SandboxLimits(
            memory: try await setting(.sandboxMemory) << 20, processes: try await setting(.sandboxProcesses),
            cpuPercent: try await setting(.sandboxCPUs), disk: try await setting(.sandboxDisk) << 20)
    }

    private func program(of session: Session, access: GatewayAccess) async throws -> AgentProgram {
        let (definition, executable) = try await agents.installed(session.agent)
        let more = try await settings.words(.arguments(of: session.agent), project: session.project, user: session.user)
        return AgentProgram(
            executable: executable,
            arguments: definition.arguments(for: session.provider, model: session.model, access: access) + more,
            wireProtocol: definition.wireProtocol, folders: definition.needs,
            environment: definition.environment(for: session.provider, model: session.model, access: access),
            files: definition.files(for: session.provider, model: session.model, access: access))
    }

    /// The description of the earlier session for an agent that continues it; `nil` without one, or when it can't be read.
    private func earlier(of session: Session) async throws -> Conversation.Earlier? {
        guard let id = session.continues, let earlier = try? await queries.session(id) else { return nil }
        let events = try await queries.talk(of: id, limit: 2_000)
        return Conversation.Earlier(
            conversation: earlier.signInFile == nil ? earlier.state.conversation : nil,
            recap: Recap.text(of: events, task: earlier.title))
    }

    /// The sign-in file that a session's runner looks after.
    ///
    /// - Throws: `CredentialsError` when the session may not use the pinned credential any more.
    private func signIn(of session: Session) async throws -> RunnerLaunch.SignIn? {
        guard let file = session.signInFile else { return nil }
        return try await store.read { [pins] transaction in
            _ = try pins.materialise(for: SessionIdentity(session), in: transaction)
            return RunnerLaunch.SignIn(file: file, agentType: session.agent, credentialKind: CredentialKind.oauth.rawValue)
        }
    }
}
