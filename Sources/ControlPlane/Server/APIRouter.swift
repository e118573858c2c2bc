import Accounts
import AgentCatalogue
import Hummingbird
import Processes
import Sessions
import Settings
import Store
import Synchronization
import Workspaces

/// Every route of SAM, in one place.
final class APIRouter: Sendable {
    private let accounts: Accounts
    private let settings: Settings
    private let catalogue: Catalogue
    private let engine: SessionEngine
    private let host: LocalHost
    private let store: Store
    private let activity: Activity
    private let home: Home
    private let readiness = Readiness()

    init(
        accounts: Accounts, settings: Settings, catalogue: Catalogue, engine: SessionEngine, host: LocalHost, store: Store,
        activity: Activity, home: Home
    ) {
        self.accounts = accounts
        self.settings = settings
        self.catalogue = catalogue
        self.engine = engine
        self.host = host
        self.store = store
        self.activity = activity
        self.home = home
    }

    /// Everything listens.
    func ready(_ view: ServerView) {
        readiness.view = view
    }

    /// Builds the routes.
    ///
    /// - Parameter withRunners: whether the runners' own API is among them: on the control socket only.
    func make(withRunners: Bool) -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: ActivityMiddleware(activity: activity))
        router.add(middleware: ProblemMiddleware())
        router.get("healthz") { _, _ in Response.plain("ok\n") }
        router.get("readyz") { [store, readiness] _, _ in
            _ = try await store.read { transaction in try transaction.query("SELECT 1 AS one") }
            return readiness.view == nil
                ? Response.plain("starting\n", status: .serviceUnavailable) : Response.plain("ready\n")
        }
        let api = router.group("api/v1").add(middleware: Authentication(accounts: accounts))
        api.get("server") { [readiness] _, _ in
            guard let view = readiness.view else { throw Problem(.serviceUnavailable, "The server is starting.") }
            return try Response.json(view)
        }
        api.get("agents") { [catalogue] _, _ in
            try Response.json(
                Listing.Agents(
                    agents: catalogue.agents.map { AgentView($0, programFolder: Program.ownFolder) },
                    problems: catalogue.problems.map(\.description)))
        }
        ProjectRoutes(accounts: accounts, host: host).add(to: api.group("projects"))
        SessionRoutes(engine: engine, accounts: accounts, host: host).add(to: api.group("sessions"))
        SettingRoutes(settings: settings, accounts: accounts).add(to: api.group("settings"))
        if withRunners {
            RunnerRoutes(engine: engine).add(
                to: router.group("runner/v1").add(middleware: RunnerAuthentication(engine: engine)))
        }
        return router
    }
}

/// What the server tells of itself, once it can.
private final class Readiness: Sendable {
    private let stored = Mutex<ServerView?>(nil)

    var view: ServerView? {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}
