import Accounts
import Foundation
import Logging
import Metering
import Store
import Synchronization

/// A clock that a test sets.
final class TestClock: Sendable {
    /// 2026-03-14, noon.
    static let noon: Int64 = 1_773_489_600_000
    static let day: Int64 = 86_400_000
    private let time = Mutex(TestClock.noon)

    var now: Int64 { time.withLock { $0 } }
    func pass(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}

/// Budgets and a ledger on a real database, with an administrator, a member, and a project that both own.
struct MeteringFixture: Sendable {
    let store: Store
    let accounts: Accounts
    let budgets: Budgets
    let prices = PriceList()
    let clock: TestClock
    let folder: String
    /// An administrator.
    let owner: User
    /// Another owner of the project, and no administrator.
    let member: User
    /// A user who is no member of the project.
    let stranger: User
    let project: ProjectID

    /// - Parameter version: the newest of these tables' migrations, for what an earlier version left.
    static func with<Result>(version: Int = .max, _ body: (MeteringFixture) async throws -> Result) async throws -> Result {
        let folder = NSTemporaryDirectory() + "metering-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/spool", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clock = TestClock()
        let now: @Sendable () -> Int64 = { clock.now }
        let store = try Store.sqlite(at: folder + "/sam.db")
        try await store.migrate(Accounts.migrations + MeteringTables.migrations.filter { $0.number <= version }, now: now())
        let accounts = Accounts(store: store, now: now)
        let owner = try await accounts.owner()
        let member = try await accounts.addUser(named: "kim", role: .member, by: owner.id)
        let stranger = try await accounts.addUser(named: "robin", role: .member, by: owner.id)
        let project = try await accounts.addProject(named: "shed", repository: "/r", sandbox: .bubblewrap, by: owner.id).id
        try await accounts.addMember("kim", as: .owner, to: project, by: owner.id)
        return try await body(
            MeteringFixture(
                store: store, accounts: accounts, budgets: Budgets(store: store, accounts: accounts, now: now), clock: clock,
                folder: folder, owner: owner, member: member, stranger: stranger, project: project))
    }

    /// The same budgets as another process has them.
    ///
    /// - Parameter ahead: how far that process's clock is ahead, in milliseconds.
    func otherBudgets(ahead: Int64 = 0) throws -> Budgets {
        let store = try Store.sqlite(at: folder + "/sam.db")
        let now: @Sendable () -> Int64 = { [clock] in clock.now + ahead }
        return Budgets(store: store, accounts: Accounts(store: store, now: now), now: now)
    }

    // MARK: - The ledger

    func spool(_ name: String) -> String { folder + "/spool/" + name }

    /// A ledger; dropping it without a flush stands for the death of the process.
    func ledger(spool name: String = "usage", _ budgets: Budgets? = nil) throws -> UsageLedger {
        let start = ContinuousClock.now
        return try UsageLedger(
            budgets: budgets ?? self.budgets, prices: prices, spool: spool(name),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { [clock] in start + .milliseconds(clock.now - TestClock.noon) })
    }

    /// A desk with a ledger of its own, and its clock.
    func desk(_ budgets: Budgets? = nil) throws -> BudgetDesk { desk(try ledger(spool: "\(UUID())", budgets)) }

    /// A ledger's desk, whose waiters grow impatient by the fixture's clock.
    func desk(_ ledger: UsageLedger) -> BudgetDesk {
        let start = ContinuousClock.now
        return BudgetDesk(ledger: ledger) { [clock] in start + .milliseconds(clock.now - TestClock.noon) }
    }

    /// The member, at work on the project.
    func payer(_ user: User? = nil, outside: Bool = false) -> Payer {
        Payer(
            user: (user ?? member).id, project: outside ? nil : project, session: outside ? nil : "s_1", key: outside ? "k_1" : nil,
            provider: "anthropic", scope: .user, credential: "c_1")
    }

    func request(_ payer: Payer? = nil, model: String? = "claude-opus-4-5", reserved: Money = .zero) -> OpenRequest {
        OpenRequest(
            id: RequestID(), payer: payer ?? self.payer(), at: clock.now, model: model, requestBytes: 4_000, outputLimit: 1_000,
            reserved: reserved)
    }

    /// What the gateway does around a request that goes well.
    @discardableResult
    func spend(_ cost: Money, of payer: Payer? = nil, in ledger: UsageLedger) async throws -> UsageEntry {
        let request = request(payer)
        try ledger.open(request)
        let entry = UsageEntry(request, cost: cost)
        ledger.settle(entry)
        await ledger.flush()
        return entry
    }

    // MARK: - What there is

    func standing(_ scope: Scope, _ period: Period = .month, for user: User? = nil) async throws -> BudgetStanding? {
        try await budgets.list(for: user ?? owner).first { $0.scope == scope && $0.period == period }
    }

    /// Everything that was ever used, as one line of each user's.
    func totals() async throws -> [UsageLine] {
        try await report(UsageQuery(by: .user, since: 0), for: owner)
    }

    /// What the database tells. It has a spool of its own, so that it takes nothing from the ledger that a test looks at.
    func report(_ query: UsageQuery, for user: User) async throws -> [UsageLine] {
        try await ledger(spool: "reader").report(query, for: user)
    }

    /// Every row of every table, as text.
    func rows() async throws -> [String: [String]] {
        try await store.read { transaction in
            let tables = try transaction.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                .map { try $0.text("name") }
            return try Dictionary(
                uniqueKeysWithValues: tables.map { table in
                    let columns = try transaction.query("SELECT name FROM pragma_table_info($1)", table).map { try $0.text("name") }
                    let rows = try transaction.query("SELECT * FROM \(table)").map { row in
                        try columns.map { "\($0)=\(try row.value($0))" }.joined(separator: " ")
                    }
                    return (table, rows.sorted())
                })
        }
    }

    /// In how many rows a request stands: its entry, and what is held back for it.
    func rows(of request: RequestID) async throws -> Int {
        try await rows().values.joined().filter { $0.contains(request.rawValue) }.count
    }
}

/// Cents of a dollar.
func cents(_ cents: Int64) -> Money { Money(rawValue: cents * 10_000_000) }

extension UsageEntry {
    /// How a request ended that went well.
    init(_ request: OpenRequest, cost: Money) {
        self.init(
            request: request, status: 200, model: request.model, usage: TokenUsage(input: 100, cacheRead: 10, output: 20, reasoning: 5),
            cost: cost, state: .exact, milliseconds: 1_500)
    }
}

extension Reservation {
    var isGranted: Bool { self == .granted }
    var isBusy: Bool { if case .busy = self { true } else { false } }
    var isRefused: Bool { if case .refused = self { true } else { false } }
}

extension BudgetDesk {
    /// Asks for an amount that is the same at every layer.
    func reserve(_ amount: Money, for request: RequestID, of payer: Payer, timeout: Duration = .zero) async throws -> Reservation {
        try await reserve(LayeredMoney(amount), for: request, of: payer, timeout: timeout)
    }
}
