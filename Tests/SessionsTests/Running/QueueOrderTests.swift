import Accounts
import AgentProtocol
import Settings
import Testing

@testable import Sessions

@Suite("Whose turn it is in the queue")
struct QueueOrderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The users of the queued sessions, oldest first.
        let queued: String
        let running: [String: Int]
        /// The places of the queued sessions in the line.
        let line: [Int]
    }

    @Test(
        "The next to start is of the user with the fewest running sessions, and among equals the oldest",
        arguments: [
            Case(testDescription: "nobody waits", queued: "", running: ["k": 3], line: []),
            Case(testDescription: "one user: first come, first served", queued: "kkk", running: ["k": 2], line: [0, 1, 2]),
            Case(
                testDescription: "the owner is next behind hundreds of another", queued: "kkkko", running: ["k": 8], line: [4, 0, 1, 2, 3]),
            Case(testDescription: "equals take turns", queued: "kkkooo", running: [:], line: [0, 3, 1, 4, 2, 5]),
            Case(testDescription: "who has fewer catches up first", queued: "koko", running: ["k": 2], line: [1, 3, 0, 2]),
            Case(testDescription: "three users", queued: "kkolol", running: ["k": 1, "l": 1], line: [2, 0, 3, 4, 1, 5]),
        ])
    func line(_ one: Case) {
        let order = QueueOrder(
            one.queued.enumerated().map { .init(session: SessionID(rawValue: "s_\($0)"), user: UserID(rawValue: String($1))) },
            running: Dictionary(uniqueKeysWithValues: one.running.map { (UserID(rawValue: $0), $1) }))
        #expect(order.line.map(\.session.rawValue) == one.line.map { "s_\($0)" })
    }

    @Test("A session that can't start yet does not count, so its user's next one has the same turn")
    func held() {
        let kim = UserID(rawValue: "k")
        var order = QueueOrder(
            [("s_0", kim), ("s_1", kim), ("s_2", UserID(rawValue: "o"))].map { .init(session: SessionID(rawValue: $0), user: $1) },
            running: [:])
        #expect(order.next()?.session.rawValue == "s_0")
        #expect(order.next()?.session.rawValue == "s_1")
    }

    @Test("A user with many sessions in line does not keep another's waiting, and the places in line say so")
    func fair() async throws {
        try await SessionsFixture.with { fixture in
            let kim = try await fixture.member("kim")
            try await fixture.settings.set(.sessionLimit, to: "1", at: .platform, by: fixture.user)
            var hers: [SessionID] = []
            for _ in 0..<5 {
                hers.append(try await fixture.create(by: kim))
                fixture.clock.advance(by: 1)
            }
            let mine = try await fixture.create()
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(hers[0])
            #expect(try await fixture.sessions.queries.queue() == [mine] + hers.dropFirst())
            try await fixture.settings.set(.sessionLimit, to: "2", at: .platform, by: fixture.user)
            await fixture.sessions.supervisor.supervise()
            await fixture.host.launched(mine)
            #expect(try await fixture.sessions.queries.queue() == Array(hers.dropFirst()))
        }
    }

    @Test("A hundred sessions of one user wait at most; another user's is taken, and one more when there is room again")
    func queuedLimit() async throws {
        try await SessionsFixture.with { fixture in
            let kim = try await fixture.member("kim")
            var last: SessionID?
            for _ in 0..<100 { last = try await fixture.create(by: kim) }
            let error = await #expect(throws: SessionsError.self) { _ = try await fixture.create(by: kim) }
            #expect(error?.code == .limit && error?.message.contains("at most 100") == true, "\(error.debugDescription)")
            _ = try await fixture.create()
            try await fixture.sessions.commands.cancel(try #require(last), by: kim)
            _ = try await fixture.create(by: kim)
        }
    }

    @Test("A hundred prompts wait in one session at most; another session takes more, and this one does when one is withdrawn")
    func pendingLimit() async throws {
        try await SessionsFixture.with { fixture in
            let (full, other) = (try await fixture.create(), try await fixture.create())
            var last: PromptID?
            for number in 0..<100 { last = try await fixture.sessions.commands.prompt("\(number)", to: full, by: fixture.user).id }
            let error = await #expect(throws: SessionsError.self) {
                _ = try await fixture.sessions.commands.prompt("x", to: full, by: fixture.user)
            }
            #expect(error?.code == .limit && error?.message.contains("at most 100") == true, "\(error.debugDescription)")
            _ = try await fixture.sessions.commands.prompt("x", to: other, by: fixture.user)
            try await fixture.sessions.commands.withdraw(try #require(last), of: full, by: fixture.user)
            _ = try await fixture.sessions.commands.prompt("x", to: full, by: fixture.user)
        }
    }
}
