import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Gateway
import Logging
import Settings
import Store
import Workspaces

/// The parts of this module, put together once. Callers take the part that they need.
///
/// What they share is in the database, and beside it in the ``SessionChanges`` that they are made with.
public struct Sessions: Sendable {
    /// What people ask.
    public let commands: SessionCommands
    /// The removal of projects.
    public let projects: ProjectRemovals
    /// What runners report and ask.
    public let runners: RunnerIntake
    /// What sessions do right now.
    public let status: SessionStatus
    /// How many sessions may run.
    public let slots: SessionSlots
    /// What follows from changed permission settings.
    public let permissions: PermissionUpdates
    /// The one way to change sessions.
    public let changes: SessionChanges
    let supervisor: SessionSupervisor
    let work: SessionWork

    /// Reads sessions and their logs.
    public var queries: SessionQueries { changes.queries }

    /// Puts the parts together. Nothing happens before ``resume()`` and ``run()``.
    ///
    /// - Parameters:
    ///   - requests: the gateway's open requests.
    public init(
        changes: SessionChanges, accounts: Accounts, settings: Settings, credentials: CredentialServices, requests: any OpenModelRequests,
        catalogue: LiveCatalogue, host: any WorkspaceHost, endpoints: any SessionEndpoints, logger: Logger
    ) {
        let agents = AgentPrograms(live: catalogue, host: host)
        let board = StepBoard()
        self.changes = changes
        slots = SessionSlots(queries: changes.queries, settings: settings)
        status = SessionStatus(signals: changes.signals, board: board, requests: requests)
        permissions = PermissionUpdates(changes: changes, settings: settings, logger: logger)
        commands = SessionCommands(
            changes: changes, accounts: accounts, settings: settings, credentials: credentials, agents: agents, slots: slots, host: host,
            endpoints: endpoints, leaving: LeavingProjects())
        projects = ProjectRemovals(commands: commands, settings: settings, leases: changes.sessions.leases, host: host)
        let launches = RunnerLaunches(
            changes: changes, accounts: accounts, settings: settings, pins: credentials.pins, agents: agents)
        runners = RunnerIntake(changes: changes, pins: credentials.pins, launches: launches)
        work = SessionWork(
            steps: WorkSteps(
                changes: changes, accounts: accounts, settings: settings, pins: credentials.pins, sync: credentials.sync, agents: agents,
                launches: launches, host: host, endpoints: endpoints, board: board, logger: logger))
        supervisor = SessionSupervisor(
            changes: changes, status: status, permissions: permissions,
            queue: QueueStarter(
                changes: changes, accounts: accounts, settings: settings, pins: credentials.pins, agents: agents, logger: logger),
            settings: settings, host: host, endpoints: endpoints, logger: logger)
    }

    /// Resumes what was recorded before the last stop. Call it once, before any client can reach the server.
    public func resume() async { await supervisor.resume() }

    /// Supervises and works until the task is cancelled. Call ``resume()`` before.
    public func run() async {
        async let working: Void = work.run()
        await supervisor.run()
        await working
    }

    /// Whether nothing is left to do for any session that can be read.
    public var isAtRest: Bool { changes.signals.isAtRest }
}
