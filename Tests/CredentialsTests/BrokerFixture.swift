import Accounts
import Foundation
import Logging
import Store
import Synchronization
import TestSupport
import Testing
import Vault

@testable import Credentials

/// The owner's sign-in on a database that two processes share, each with a broker, before one token endpoint.
///
/// When a test is over, no token must stand anywhere in the clear: in a file, in the audit trail, in a notification or in a sentence.
struct BrokerFixture: Sendable {
    let sam: CredentialsFixture
    let clock: TestClock
    let family: TokenFamily
    /// The sign-in that is stored at first.
    let first: SignIn
    let id: CredentialID
    let one: BrokerProcess
    let other: BrokerProcess
    private let sentences: Sentences

    /// Runs a test's body.
    ///
    /// - Parameter age: how old the stored access token is, in seconds. It lives for ``SignIn/life``.
    static func with(age: Int64 = SignIn.life + 600, _ body: (BrokerFixture) async throws -> Void) async throws {
        try await CredentialsFixture.with { sam in
            let clock = TestClock(1_700_000_000_000)
            let family = TokenFamily(clock)
            let first = await family.signIn(age: age)
            try await sam.set(first.file, for: .openaiChatGPT, at: .user(sam.owner.id))
            let sentences = Sentences()
            let fixture = BrokerFixture(
                sam: sam, clock: clock, family: family, first: first,
                id: try #require(try await sam.credentials.layers.list(for: sam.owner).first?.id),
                one: try await BrokerProcess("one", sam, clock, family, sentences),
                other: try await BrokerProcess("other", sam, clock, family, sentences),
                sentences: sentences)
            do {
                try await body(fixture)
            } catch {
                await family.letGo()
                throw error
            }
            await family.letGo()
            try await fixture.findNoSecret()
        }
    }

    /// The process that is started after the first one has ended.
    func restarted() async throws -> BrokerProcess { try await BrokerProcess("one", sam, clock, family, sentences) }

    // MARK: - What is stored

    func credential() async throws -> Credential {
        try await sam.store.read { try #require(try one.credentials.resolver.rows.credential(id, $0)) }
    }

    func file() async throws -> String {
        let credential = try await credential()
        return try await sam.store.read { try one.credentials.resolver.rows.secret(of: credential, $0).reveal() }
    }

    /// The access token that a request would carry now, or the sentence that refuses it.
    func lent() async throws -> String {
        switch try await loan() {
        case .lent(let loan): try AuthFile(loan.secret).accessToken.reveal()
        case .own: "the agent's own"
        case .refused(let sentence): sentence
        }
    }

    func loan(_ provider: Provider = .openaiChatGPT) async throws -> Lending {
        try await sam.store.read { try one.credentials.lender.lend(provider, project: nil, user: sam.owner.id, in: $0) }
    }

    /// A person stores another secret.
    func set(_ file: String) async throws {
        try await sam.set(file, for: .openaiChatGPT, at: .user(sam.owner.id))
    }

    // MARK: - What is told

    /// The audit trail's lines of this action.
    func audited(_ action: String) async throws -> [AuditEntry] {
        try await sam.accounts.auditTrail(limit: 1_000).filter { $0.action == action }
    }

    func notifications() async throws -> [UserNotification] {
        try await sam.accounts.notifications(for: sam.owner.id)
    }

    private func findNoSecret() async throws {
        let told = try await sam.accounts.auditTrail(limit: 1_000).map { "\($0)" } + notifications().map { "\($0)" } + sentences.all
        let files = try FileManager.default.subpathsOfDirectory(atPath: sam.folder).map { ($0, "\(sam.folder)/\($0)") }
        for secret in await family.secrets {
            #expect(!told.contains { $0.contains(secret) })
            for (name, path) in files {
                let content = FileManager.default.contents(atPath: path) ?? Data()
                #expect(content.range(of: Data(secret.utf8)) == nil, "\(name)")
            }
        }
    }
}

/// One process of SAM's, as far as it refreshes sign-ins: with a connection to the database of its own.
struct BrokerProcess: Sendable {
    let store: Store
    let credentials: CredentialServices
    let broker: TokenBroker
    let pauses: Pauses
    /// Where it keeps what it can't store.
    let folder: String
    private let log = Sentences()
    private let sentences: Sentences

    fileprivate init(_ name: String, _ sam: CredentialsFixture, _ clock: TestClock, _ family: TokenFamily, _ sentences: Sentences)
        async throws
    {
        let now: @Sendable () -> Int64 = { clock.now }
        store = try Store.sqlite(at: sam.folder + "/sam.db")
        let vault = try await VaultOpening.open(.file(path: sam.folder + "/vault.keys"), store: store, now: clock.now)
        folder = sam.folder + "/renewals-" + name
        let logger = Logger(label: name) { [log] _ in
            LineCollector {
                log.add($0)
                sentences.add($0)
            }
        }
        credentials = CredentialServices(
            store: store, accounts: Accounts(store: store, now: now), vault: vault, renewals: folder, logger: logger, now: now)
        pauses = Pauses(clock)
        broker = TokenBroker(refreshes: credentials.refreshes, endpoint: family.endpoint) { [pauses] in await pauses.pass($0) }
        self.sentences = sentences
    }

    func renew(_ id: CredentialID, rejecting rejected: String? = nil) async -> String? {
        let sentence = await broker.renew(id, rejecting: rejected.map { Secret($0) })?.sentence
        if let sentence { sentences.add(sentence) }
        return sentence
    }

    /// What it has logged.
    var logged: [String] { log.all }

    /// The names of the files in its folder.
    func files() throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    /// Refreshes and ends before it stores anything: what is left is a file.
    ///
    /// - Parameter stores: whether it ends after it has stored it, and before it removes the file.
    func refreshAndEnd(_ id: CredentialID, _ family: TokenFamily, stores: Bool = false) async throws {
        let ticket = try await claim(id)
        let outcome = await family.endpoint.refresh(ticket.provider, ticket.token)
        let kept = credentials.refreshes.kept
        kept.add(outcome, of: ticket.attempt)
        #expect(try kept.write(ticket.attempt))
        kept.setAside(ticket.attempt)
        if stores { _ = try await credentials.refreshes.settle(ticket.attempt, outcome) }
    }

    /// Records that the token is about to be spent, and goes no further.
    func claim(_ id: CredentialID) async throws -> RefreshTicket {
        guard case .spend(let ticket) = try await credentials.refreshes.claim(id, rejecting: nil) else {
            Issue.record("The token was not to be had")
            throw CancellationError()
        }
        return ticket
    }
}

/// The pauses of a process. They pass at once, unless the test stops the process in them.
final class Pauses: Sendable {
    private struct State {
        var total = Duration.zero
        var isStopped = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let clock: TestClock

    init(_ clock: TestClock) {
        self.clock = clock
    }

    var total: Duration { state.withLock { $0.total } }
    var areWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    func pass(_ pause: Duration) async {
        clock.advance(milliseconds: Int64(pause / .milliseconds(1)))
        await withCheckedContinuation { go in
            let goes = state.withLock { state in
                state.total += pause
                if state.isStopped { state.waiting.append(go) }
                return !state.isStopped
            }
            if goes { go.resume() }
        }
        await Task.yield()
    }

    func stop() { state.withLock { $0.isStopped = true } }

    func letGo() {
        let waiting = state.withLock { state in
            defer { (state.isStopped, state.waiting) = (false, []) }
            return state.waiting
        }
        for go in waiting { go.resume() }
    }
}

private final class Sentences: Sendable {
    private let said = Mutex<[String]>([])

    var all: [String] { said.withLock { $0 } }

    func add(_ sentence: String) { said.withLock { $0.append(sentence) } }
}
