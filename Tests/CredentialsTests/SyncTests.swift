import Accounts
import Credentials
import Foundation
import Store
import Testing
import Vault

@Suite("Giving a rotated token back")
struct SyncTests {
    /// A sign-in at a scope, and a session of the owner's that was started with it.
    private func withSession(at scope: Scope, _ body: (CredentialsFixture, ScopeOwner) async throws -> Void) async throws {
        try await CredentialsFixture.with { sam in
            let layer: ScopeOwner = scope == .project ? .project(sam.project) : .user(sam.owner.id)
            try await sam.set(authFile("t1"), for: .openaiChatGPT, at: layer)
            guard case .pinned(let pin) = try await sam.start("s_1") else {
                Issue.record("The session was not started")
                return
            }
            #expect(pin.scope == scope && pin.version == 1)
            try await body(sam, layer)
        }
    }

    @Test("It goes to the credential that the session was started from, and the pin moves on with it", arguments: [Scope.project, .user])
    func written(scope: Scope) async throws {
        try await withSession(at: scope) { sam, _ in
            #expect(try await sam.sync(authFile("t2"), from: "s_1") == SyncAnswer(success: true, updated: true, scope: scope, version: 2))
            #expect(
                try await sam.sync(authFile("t2"), from: "s_1") == SyncAnswer(success: true, updated: false), "A repeat changes nothing")
            #expect(try await sam.sync(authFile("t3"), from: "s_1").version == 3, "A second rotation is right too")
            try await sam.settle("s_1")
            #expect(try await sam.stored() == authFile("t3"))
        }
    }

    @Test("Nothing pinned for that agent or kind, or another session: not found, nothing touched")
    func notPinned() async throws {
        try await withSession(at: .user) { sam, _ in
            let before = try await sam.rows()
            #expect(try await sam.sync(authFile("t2"), from: "s_1", sentAs: "claude-code").reason == "credential_not_found")
            #expect(try await sam.sync("key", from: "s_1", kind: .apiKey).reason == "credential_not_found")
            #expect(try await sam.sync(authFile("t2"), from: "s_2").reason == "credential_not_found")
            #expect(try await sam.rows() == before)
            #expect(try await sam.sync(authFile("t2"), from: "s_1").updated == true)
        }
    }

    @Test(
        "A credential or binding that was removed: not found, no broader layer is written, the owner is told once",
        arguments: ["rm", "clear"])
    func removed(act: String) async throws {
        try await withSession(at: .project) { sam, layer in
            try await sam.set(authFile("u1"), for: .openaiChatGPT, at: .user(sam.owner.id))
            try await sam.act(act == "rm" ? .remove : .clear, .openaiChatGPT, at: layer)
            let before = try await sam.rows()
            for _ in 0..<3 { #expect(try await sam.sync(authFile("t2"), from: "s_1").reason == "credential_not_found") }
            #expect(try await sam.rows() == before)
            #expect(try await sam.accounts.notifications(for: sam.owner.id).map(\.kind) == [.rotationDropped])
        }
    }

    @Test("A tombstone at the pinned layer or a narrower one: no credential is touched, and the rotation is held and recoverable")
    func tombstones() async throws {
        for narrower in [false, true] {
            try await withSession(at: .user) { sam, layer in
                try await sam.set(authFile("p1"), for: .openaiChatGPT, at: .platform)
                let off: ScopeOwner = narrower ? .project(sam.project) : layer
                try await sam.act(.off, .openaiChatGPT, at: off)
                let before = try await sam.rows()
                for _ in 0..<3 { #expect(try await sam.sync(authFile("t2"), from: "s_1").reason == "credential_not_found") }
                #expect(try await sam.rows() == before)
                #expect(try await sam.count("held") == 1)
                #expect(try await sam.accounts.notifications(for: sam.owner.id).map(\.kind) == [.syncDeclined])
                #expect(try await sam.credentials.held.list(.openaiChatGPT, at: layer, for: sam.owner).map(\.session) == ["s_1"])

                try await sam.act(.clear, .openaiChatGPT, at: .project(sam.project), ignoring: true)
                try await sam.act(.on, .openaiChatGPT, at: layer)
                try await sam.settle("s_1")
                #expect(try await sam.stored() == authFile("t1"), "What is held is never resolved")
                let report = try await sam.credentials.held.recover(nil, CredentialChange(.openaiChatGPT, at: layer, by: sam.owner))
                #expect(report.done.contains("version 2"))
                #expect(try await sam.stored() == authFile("t2"))
                #expect(try await sam.count("held") == 0)
                await #expect(throws: CredentialsError.self) {
                    try await sam.credentials.held.recover(nil, CredentialChange(.openaiChatGPT, at: layer, by: sam.owner))
                }
            }
        }
    }

    @Test("Turning the same credential on again revives the session: its next rotation is taken, and what was held is spent")
    func revived() async throws {
        try await withSession(at: .user) { sam, layer in
            try await sam.act(.off, .openaiChatGPT, at: layer)
            _ = try await sam.sync(authFile("t2"), from: "s_1")
            try await sam.act(.on, .openaiChatGPT, at: layer)
            #expect(try await sam.sync(authFile("t3"), from: "s_1").version == 2)
            #expect(try await sam.count("held") == 0)
        }
    }

    @Test(
        "Something that is no rotation of that sign-in: invalid, nothing touched, the owner is told",
        arguments: [
            "", "{", String(authFile("t2").dropLast(30)), "null", #"{"tokens":{}}"#, authFile("sam_placeholder"),
            authFile("t2", account: "acct_other"), #"{"tokens":{"access_token":"t2"}}"#,
        ])
    func invalid(secret: String) async throws {
        try await withSession(at: .user) { sam, _ in
            let before = try await sam.rows(except: ["audit", "notifications"])
            #expect(try await sam.sync(secret, from: "s_1").reason == "invalid")
            #expect(try await sam.rows(except: ["audit", "notifications"]) == before)
            #expect(try await sam.accounts.notifications(for: sam.owner.id).map(\.kind) == [.syncInvalid])
        }
    }

    @Test("A person who set a new sign-in meanwhile keeps it: stale, and the rotation is held")
    func stale() async throws {
        try await withSession(at: .user) { sam, layer in
            try await sam.set(authFile("new"), for: .openaiChatGPT, at: layer)
            let before = try await sam.rows()
            #expect(try await sam.sync(authFile("t2"), from: "s_1").reason == "stale")
            #expect(try await sam.rows() == before)
            #expect(try await sam.count("held") == 1)
            try await sam.settle("s_1")
            #expect(try await sam.stored() == authFile("new"))
        }
    }

    @Test("A narrower active binding that appears meanwhile gets nothing: the rotation goes where it came from")
    func narrowerAppears() async throws {
        try await withSession(at: .user) { sam, _ in
            try await sam.set(authFile("p1"), for: .openaiChatGPT, at: .project(sam.project))
            #expect(try await sam.sync(authFile("t2"), from: "s_1").scope == .user)
            try await sam.settle("s_1")
            #expect(try await sam.stored() == authFile("p1"), "A session that starts now uses the project's")
            try await sam.act(.clear, .openaiChatGPT, at: .project(sam.project))
            #expect(try await sam.stored() == authFile("t2"))
        }
    }

    @Test("A person who was shut out, or left the project: the rotation is held", arguments: ["disabled", "left"])
    func shutOut(how: String) async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set(authFile("t1"), for: .openaiChatGPT, at: .user(sam.member.id), by: sam.member)
            _ = try await sam.start("s_1", by: sam.member)
            if how == "left" {
                try await sam.accounts.removeMember("kim", from: sam.project, by: sam.owner.id)
            } else {
                _ = try await sam.accounts.disable("kim", by: sam.owner.id)
            }
            #expect(try await sam.sync(authFile("t2"), from: "s_1", by: sam.member).reason == "credential_not_found")
            #expect(try await sam.count("held") == 1)
        }
    }

    @Test("What was pinned is judged again when the file is written: others' secrets and what was turned off are not handed out")
    func judgedAgain() async throws {
        try await withSession(at: .project) { sam, layer in
            func file() async throws -> String? {
                let caller = SessionIdentity(
                    session: SessionReference(rawValue: "s_1"), agent: "codex", project: sam.project, user: sam.owner.id)
                return try? await sam.store.read { try sam.credentials.pins.materialise(for: caller, in: $0).reveal() }
            }
            #expect(try await file() == authFile("t1"))
            try await sam.act(.off, .openaiChatGPT, at: layer)
            #expect(try await file() == nil, "It was turned off meanwhile")
            try await sam.act(.on, .openaiChatGPT, at: layer)
            #expect(try await file() == authFile("t1"))
            try await sam.set(authFile("k1"), for: .openaiChatGPT, at: layer, by: sam.member)
            #expect(try await file() == nil, "Another member has put theirs in its place")
            try await sam.set(authFile("t3"), for: .openaiChatGPT, at: layer)
            #expect(try await file() == nil, "It is another version than the session was started with")
            try await sam.settle("s_1")
            #expect(try await file() == nil, "It was given back")
        }
    }

    @Test("A sign-in is lent as a file to one session at a time, to its own person, and never the platform's")
    func lending() async throws {
        try await withSession(at: .project) { sam, _ in
            guard case .busy(let why) = try await sam.start("s_2") else {
                Issue.record("Two sessions have the same rotating token")
                return
            }
            #expect(why.contains("s_1"))
            guard case .pinned = try await sam.start("s_3", as: .brokered) else {
                Issue.record("Through the gateway many can use it")
                return
            }
            guard case .refused("notAllowed", _) = try await sam.start("s_4", by: sam.member) else {
                Issue.record("Another member's sign-in was handed out")
                return
            }
            try await sam.settle("s_1")
            guard case .pinned = try await sam.start("s_2") else {
                Issue.record("It was given back, and is not lent again")
                return
            }
            try await sam.settle("s_2")
            try await sam.set(authFile("k1"), for: .openaiChatGPT, at: .project(sam.project), by: sam.member)
            guard case .refused("notAllowed", _) = try await sam.start("s_5") else {
                Issue.record("A sign-in that another member has put in its place was handed out")
                return
            }
            guard case .pinned = try await sam.start("s_6", by: sam.member) else {
                Issue.record("Whoever set it may use it")
                return
            }
        }
        try await CredentialsFixture.with { sam in
            try await sam.set(authFile("p1"), for: .openaiChatGPT, at: .platform)
            guard case .refused("notAllowed", _) = try await sam.start("s_1") else {
                Issue.record("The platform's sign-in was handed out")
                return
            }
            _ = try await sam.start("s_2", as: .brokered)
            #expect(try await sam.sync(authFile("p2"), from: "s_2").reason == "credential_not_found")
        }
    }
}

extension CredentialsFixture {
    /// An act that may be refused.
    fileprivate func act(_ act: CredentialAct, _ provider: Provider, at owner: ScopeOwner, ignoring: Bool) async throws {
        _ = try? await self.act(act, provider, at: owner)
    }
}
