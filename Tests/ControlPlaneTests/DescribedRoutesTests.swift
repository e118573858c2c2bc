import Accounts
import AgentCatalogue
import AgentProtocol
import Credentials
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import Limits
import Logging
import Sessions
import Settings
import Store
import Testing
import Vault
import Workspaces

@testable import ControlPlane

@Suite("The routes and their description")
struct DescribedRoutesTests {
    @Test("Every route that people can call is described, and everything that is described is a route")
    func same() async throws {
        let folder = NSTemporaryDirectory() + "routes-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let routes = try await router(folder).forNetwork().routes.map { route in
            // Hummingbird writes a parameter as `{name}`, and so does OpenAPI.
            "\(route.method.rawValue) \(route.path)"
        }
        let document: JSONValue = try JSONLine.decode(from: try OpenAPI.document.get())
        guard case .object(let paths)? = document["paths"] else {
            Issue.record("The description has no paths")
            return
        }
        let described = paths.flatMap { path, operations -> [String] in
            guard case .object(let operations) = operations else { return [] }
            return operations.keys.filter { $0 != "parameters" }.map { "\($0.uppercased()) \(path)" }
        }
        #expect(Set(routes).subtracting(described) == [], "These are routes and are not described")
        #expect(Set(described).subtracting(routes) == [], "These are described and are no routes")
        #expect(routes.count > 40)
    }

    /// The router of a server that does not run.
    private func router(_ folder: String) async throws -> APIRouter {
        let home = Home(path: folder)
        try home.create()
        let store = try Store.sqlite(at: home.database)
        try await store.migrate(Server.migrations, now: 0)
        let accounts = Accounts(store: store, now: { 0 })
        let settings = Settings(store: store, accounts: accounts, now: { 0 })
        let credentials = CredentialServices(
            store: store, accounts: accounts,
            vault: try await VaultOpening.open(.file(path: home.masterKeys), store: store, now: 0), now: { 0 })
        let logger = Logger(label: "test")
        let admission = Admission(limits: ConnectionLimits(descriptors: 1_024))
        let held = HeldBytes(limit: HeldBytes.share())
        let access = RememberedAccess()
        let metered = try MeteredGateway(
            home: home, store: store, accounts: accounts, lender: credentials.lender, refreshes: credentials.refreshes, settings: settings,
            egress: .closed, tools: .closed, access: access, admission: admission, held: held, now: { 0 }, logger: logger)
        let programs = try #require(Self.programs)
        let host = try LocalHost(home: home, programs: programs, logger: logger)
        let sessions = Sessions(
            changes: SessionChanges(
                store: store, leases: Leases(store: store, accounts: accounts, now: { 0 }), access: access, now: { 0 }),
            accounts: accounts, settings: settings, credentials: credentials, requests: metered.gateway,
            catalogue: LiveCatalogue(), host: host,
            endpoints: SessionSockets(home: home, gateway: metered.gateway, admission: admission, logger: logger),
            logger: logger)
        return APIRouter(
            dependencies: Dependencies(
                store: store, accounts: accounts, settings: settings, credentials: credentials, catalogue: LiveCatalogue(),
                sessions: sessions, host: host, metered: metered, admission: admission, held: held, metrics: MetricsRegistry()),
            activity: Activity())
    }

    /// The folder with the built programs: where the tests themselves stand.
    private static let programs: String? = {
        var folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.pathComponents.count > 1 {
            let path = folder.path(percentEncoded: false)
            if FileManager.default.isExecutableFile(atPath: path + "/sam-runner") {
                return path.hasSuffix("/") ? String(path.dropLast()) : path
            }
            folder.deleteLastPathComponent()
        }
        return nil
    }()
}
