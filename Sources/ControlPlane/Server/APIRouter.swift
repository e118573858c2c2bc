import API
import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Hummingbird
import Limits
import Metering
import Processes
import Sessions
import Settings
import Store
import Synchronization
import Workspaces

/// All routes of SAM.
final class APIRouter: Sendable {
    private let dependencies: Dependencies
    private let activity: Activity
    private let readiness = Readiness()

    init(dependencies: Dependencies, activity: Activity) {
        self.dependencies = dependencies
        self.activity = activity
    }

    /// Marks the server as ready: all listeners are bound.
    func ready(_ view: ServerView) {
        readiness.view = view
    }

    /// Builds the routes for people, on this server's own address.
    func forNetwork() -> Router<APIContext> {
        let proving = Proving(dependencies, at: .network)
        let router = router(proving)
        addPeople(to: router, proving)
        SyncRoute(dependencies, proving: proving).add(to: router.group("api/v1/sessions"))
        return router
    }

    /// Builds the routes for people and runners, on the control socket.
    func forControlSocket() -> Router<APIContext> {
        let proving = Proving(dependencies, at: .control)
        let router = router(proving)
        addPeople(to: router, proving)
        addRunners(to: router, proving)
        return router
    }

    /// Builds the routes for runners on other machines, on the TLS listener.
    func forRemoteRunners() -> Router<APIContext> {
        let proving = Proving(dependencies, at: .remote)
        // People's paths are not there, so nothing is said about their methods.
        let router = router(proving, allowed: AllowedMethods(document: .null))
        addRunners(to: router, proving)
        return router
    }

    private func router(_ proving: Proving, allowed: AllowedMethods = .ofAPI) -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: ActivityMiddleware(activity: activity))
        router.add(middleware: MetricsMiddleware())
        router.add(middleware: ProblemMiddleware(proving: proving, allowed: allowed))
        return router
    }

    private func addRunners(to router: Router<APIContext>, _ proving: Proving) {
        SyncRoute(dependencies, proving: proving).add(to: router.group("api/v1/sessions"))
        RunnerRoutes(runners: dependencies.sessions.runners).add(
            to: router.group("runner/v1").add(
                middleware: RunnerAuthentication(runners: dependencies.sessions.runners, proving: proving)))
    }

    private func addPeople(to router: Router<APIContext>, _ proving: Proving) {
        router.get("healthz") { _, _ in Response.plain("ok\n") }
        router.get("readyz") { [store = dependencies.store, readiness] _, _ in
            _ = try await store.read { transaction in try transaction.query("SELECT 1 AS one") }
            // Not ready after a write that failed, until one succeeds.
            if store.writing.failure != nil { try await store.tryWriting() }
            return readiness.view == nil
                ? Response.plain("starting\n", status: .serviceUnavailable) : Response.plain("ready\n")
        }
        let metrics = router.group("metrics").add(middleware: Authentication(accounts: dependencies.accounts, proving: proving))
        let page = MetricsPage(
            registry: dependencies.metrics, counters: dependencies.metered.ledger.counters, admission: dependencies.admission,
            store: dependencies.store)
        metrics.get { _, context in
            try context.requireUser().requireAdministrator("What everybody uses is told to administrators.")
            return try await page.response()
        }
        router.get("api/openapi.json") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: try OpenAPI.document.get())))
        }
        let api = router.group("api/v1").add(middleware: Authentication(accounts: dependencies.accounts, proving: proving))
        api.get("server") { [readiness] _, context in
            guard let view = readiness.view else { throw Problem(.serviceUnavailable, "The server is starting.") }
            return try Response.json(try context.requireUser().role == .administrator ? view : view.forMembers)
        }
        AgentRoutes(dependencies).add(to: api.group("agents"))
        ProjectRoutes(dependencies).add(to: api.group("projects"))
        SessionRoutes(dependencies).add(to: api.group("sessions"))
        SettingRoutes(dependencies).add(to: api.group("settings"))
        CredentialRoutes(dependencies).add(to: api)
        NotificationRoutes(dependencies).add(to: api.group("notifications"))
        UserRoutes(dependencies).add(to: api)
        TokenRoutes(dependencies).add(to: api.group("tokens"))
        KeyRoutes(dependencies, address: { [readiness] in readiness.view?.url }).add(to: api.group("keys"))
        ProviderRoutes(dependencies).add(to: api.group("providers"))
        UsageRoutes(dependencies).add(to: api)
        PriceRoutes(dependencies).add(to: api)
    }
}

/// The server's view, once it is ready.
private final class Readiness: Sendable {
    private let stored = Mutex<ServerView?>(nil)

    var view: ServerView? {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}
