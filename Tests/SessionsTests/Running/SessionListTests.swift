import Accounts
import AgentProtocol
import Store
import Testing

@testable import Sessions

@Suite("The list of sessions")
struct SessionListTests {
    /// Reads the list part by part.
    private func everything(
        _ fixture: SessionsFixture, _ filter: SessionFilter = SessionFilter(), limit: Int, between: () async throws -> Void = {}
    ) async throws -> [SessionID] {
        var all: [SessionID] = []
        var after: PageKey?
        repeat {
            let page = try await fixture.sessions.queries.list(for: fixture.user, filter, PageRequest(limit: limit, after: after))
            all += page.sessions.map(\.id)
            after = page.next
            try await between()
        } while after != nil
        return all
    }

    /// Puts a session into a phase, as its row stores it.
    private func put(_ session: SessionID, _ phase: Phase, settled: Bool = false, asking: Bool = false, _ fixture: SessionsFixture)
        async throws
    {
        try await fixture.store.write { transaction in
            var state = try SessionStore.state(session, transaction)
            state.phase = phase
            if settled { state.isCleanedUp = true }
            if asking { state.questions = [OpenQuestion(id: "p1", text: "Which one?", suggestions: [], until: 1)] }
            try transaction.execute(
                "UPDATE sessions SET state = $1, phase = $2, settled = $3 WHERE id = $4", try state.stored(), phase, settled, session)
        }
    }

    @Test(
        "Of 205 sessions every one is in exactly one part; those that run are in the first, and what needs an answer before all",
        arguments: [1, 100])
    func all(_ limit: Int) async throws {
        try await SessionsFixture.with { fixture in
            var ids: [SessionID] = []
            for number in 0..<205 {
                // Several at the same time.
                if number % 3 == 0 { fixture.clock.advance(by: 1) }
                ids.append(try await fixture.create())
                // At once, as only a hundred may be queued.
                try await put(ids[number], .completed, settled: true, fixture)
            }
            try await put(ids[0], .working, asking: true, fixture)
            try await put(ids[1], .working, fixture)
            try await put(ids[2], .queued, fixture)
            let first = try await fixture.sessions.queries.list(for: fixture.user, SessionFilter(), PageRequest(limit: limit))
            #expect(first.sessions.prefix(2).map(\.id) == [ids[0], ids[1]], "Older than a hundred others, and not behind them")
            let read = try await everything(fixture, limit: limit)
            #expect(read.count == 205 && Set(read) == Set(ids))
            #expect(read[2] == ids[2])

            // Those that come meanwhile shift nothing.
            let again = try await everything(fixture, limit: limit) {
                fixture.clock.advance(by: 1)
                let late = try await fixture.create()
                try await put(late, .failed, settled: true, fixture)
            }
            #expect(again.filter(Set(ids).contains) == read && Set(again).count == again.count)
        }
    }

    @Test("A filter gives those and no others")
    func filters() async throws {
        try await SessionsFixture.with { fixture in
            let other = try await fixture.accounts.addUser(named: "kim", role: .member, by: fixture.user)
            try await fixture.accounts.addMember("kim", to: fixture.project.id, by: fixture.user)
            var ids: [SessionID] = []
            for _ in 0..<6 {
                fixture.clock.advance(by: 1)
                ids.append(try await fixture.create())
            }
            let kims = try await fixture.sessions.commands.create(
                project: fixture.project, agent: "shell", task: nil, ending: .onRequest, by: other.id
            ).id
            try await put(ids[0], .working, asking: true, fixture)
            try await put(ids[1], .working, fixture)
            try await put(ids[2], .failed, settled: true, fixture)
            try await put(ids[3], .completed, settled: true, fixture)
            // It is over, and its workspace is still being removed.
            try await put(ids[4], .completed, fixture)
            func status(_ word: String) -> SessionFilter { SessionFilter(status: SessionFilter.Status(word)) }
            for limit in [1, 100] {
                for (filter, expected) in [
                    (status("asking"), [ids[0]]), (status("live"), [ids[0], ids[1], ids[4], ids[5], kims]),
                    (status("over"), [ids[2], ids[3]]), (status("completed"), [ids[3], ids[4]]), (status("failed"), [ids[2]]),
                    (status("queued"), [ids[5], kims]), (status("cancelled"), []), (SessionFilter(starter: other.id), [kims]),
                    (SessionFilter(project: fixture.project.id, starter: fixture.user), ids),
                    (SessionFilter(project: ProjectID(rawValue: "p_none")), []),
                ] {
                    #expect(Set(try await everything(fixture, filter, limit: limit)) == Set(expected), "\(filter)")
                }
            }
            #expect(SessionFilter.Status("Working") == nil && SessionFilter.Status("") == nil)
            #expect(SessionFilter.Status.names.allSatisfy { SessionFilter.Status($0) != nil })
            #expect(try await fixture.sessions.queries.list(for: UserID(rawValue: "u_nobody")).sessions.isEmpty)
        }
    }

    @Test("One that can't be read is in the list, and hides none in any part")
    func unreadable() async throws {
        try await SessionsFixture.with { fixture in
            var ids: [SessionID] = []
            for _ in 0..<5 {
                fixture.clock.advance(by: 1)
                ids.append(try await fixture.create())
            }
            for id in ids { try await put(id, .completed, settled: true, fixture) }
            try await fixture.set("state", to: "?", of: ids[2])
            var seen: [SessionID] = []
            var unreadable: [SessionID] = []
            var after: PageKey?
            repeat {
                let page = try await fixture.sessions.queries.list(for: fixture.user, SessionFilter(), PageRequest(limit: 1, after: after))
                seen += page.sessions.map(\.id)
                unreadable += page.unreadable.map(\.id)
                after = page.next
            } while after != nil
            #expect(Set(seen) == Set(ids).subtracting([ids[2]]) && seen.count == 4)
            #expect(unreadable == [ids[2]])
        }
    }

    @Test("A mistyped id is named with the nearest of the asker's own sessions")
    func hint() async throws {
        try await SessionsFixture.with { fixture in
            let id = try await fixture.create()
            let typed = SessionID(rawValue: String(id.rawValue.dropLast()))
            #expect(try await fixture.sessions.queries.hint(for: typed, of: fixture.user) == " Did you mean “\(id.rawValue)”?")
            #expect(try await fixture.sessions.queries.hint(for: typed, of: UserID(rawValue: "u_nobody")) == "")
            #expect(try await fixture.sessions.queries.hint(for: SessionID(rawValue: "x"), of: fixture.user) == "")
        }
    }
}
