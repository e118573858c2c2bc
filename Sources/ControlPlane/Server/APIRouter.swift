import Accounts
import AgentCatalogue
import Credentials
import Hummingbird
import Metering
import Processes
import Sessions
import Settings
import Store
import Synchronization
import Workspaces

/// Every route of SAM, in one place.
final class APIRouter: Sendable {
    private let modules: Modules
    private let activity: Activity
    private let readiness = Readiness()

    init(modules: Modules, activity: Activity) {
        self.modules = modules
        self.activity = activity
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
        let proving = Proving(modules)
        router.add(middleware: ActivityMiddleware(activity: activity))
        router.add(middleware: ProblemMiddleware(proving: proving))
        router.get("healthz") { _, _ in Response.plain("ok\n") }
        router.get("readyz") { [store = modules.store, readiness] _, _ in
            _ = try await store.read { transaction in try transaction.query("SELECT 1 AS one") }
            return readiness.view == nil
                ? Response.plain("starting\n", status: .serviceUnavailable) : Response.plain("ready\n")
        }
        let metrics = router.group("metrics").add(middleware: Authentication(accounts: modules.accounts, proving: proving))
        metrics.get { [counters = modules.metered.ledger.counters, admission = modules.admission] _, context in
            try context.requireUser().requireAdministrator("What everybody uses is told to administrators.")
            return Metrics(counters: counters, admission: admission).response
        }
        router.get("api/openapi.json") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: try OpenAPI.document.get())))
        }
        let api = router.group("api/v1").add(middleware: Authentication(accounts: modules.accounts, proving: proving))
        api.get("server") { [readiness] _, _ in
            guard let view = readiness.view else { throw Problem(.serviceUnavailable, "The server is starting.") }
            return try Response.json(view)
        }
        AgentRoutes(modules).add(to: api.group("agents"))
        ProjectRoutes(modules).add(to: api.group("projects"))
        SessionRoutes(modules).add(to: api.group("sessions"))
        SettingRoutes(modules).add(to: api.group("settings"))
        CredentialRoutes(modules).add(to: api)
        NotificationRoutes(modules).add(to: api.group("notifications"))
        UserRoutes(modules).add(to: api)
        TokenRoutes(modules).add(to: api.group("tokens"))
        KeyRoutes(modules, address: { [readiness] in readiness.view?.url }).add(to: api.group("keys"))
        ProviderRoutes(modules).add(to: api.group("providers"))
        UsageRoutes(modules).add(to: api)
        SyncRoute(modules).add(to: router.group("api/v1/sessions"))
        if withRunners {
            RunnerRoutes(engine: modules.engine).add(
                to: router.group("runner/v1").add(middleware: RunnerAuthentication(engine: modules.engine, proving: proving)))
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
