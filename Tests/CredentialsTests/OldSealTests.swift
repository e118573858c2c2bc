import Accounts
import Credentials
import Foundation
import Store
import Testing
import Vault

/// Somebody writes to the database and puts back what had been sealed there before.
@Suite("An older seal that is put back")
struct OldSealTests {
    @Test("An older version's seal is refused in the row of the same credential, whatever its scope, and the newest opens")
    func olderVersion() async throws {
        for scope in 0..<3 {
            try await CredentialsFixture.with { sam in
                let owner = [ScopeOwner.user(sam.owner.id), .project(sam.project), .platform][scope]
                try await sam.set("sk-the-old-one", at: owner)
                let old = try await sam.seal(of: "credentials")
                try await sam.set("sk-the-new-one", at: owner)
                let new = try await sam.seal(of: "credentials")
                #expect(try await sam.lent() == "sk-the-new-one")

                try await sam.put(old, into: "credentials")
                let refusal = try await sam.lent()
                #expect(refusal.contains("does not open") && !refusal.contains("sk-the-old-one"), "\(refusal)")
                guard case .refused("failed", _) = try await sam.start("s_1", .openai, as: .brokered) else {
                    Issue.record("A session was started with it")
                    return
                }
                // Nor does it after a restart or a rotation, which leaves it as it is.
                #expect(try await sam.restarted().credentials.masterKeys.rotate(by: sam.owner).unreadable == 1)
                #expect(try await !sam.restarted().lent().contains("sk-the-old-one"))

                try await sam.put(new, into: "credentials")
                try await sam.store.write { _ = try $0.execute("UPDATE credentials SET failed_reason = NULL") }
                #expect(try await sam.restarted().lent() == "sk-the-new-one")
            }
        }
    }

    @Test("A sign-in that was rotated does not go back to the one that is spent")
    func rotated() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set(authFile("t1"), for: .openaiChatGPT, at: .user(sam.owner.id))
            let spent = try await sam.seal(of: "credentials")
            _ = try await sam.start("s_1")
            #expect(try await sam.sync(authFile("t2"), from: "s_1").updated == true)
            try await sam.settle("s_1")
            #expect(try await sam.stored() == authFile("t2"))
            try await sam.put(spent, into: "credentials")
            #expect(try await sam.stored() == nil)
        }
    }

    @Test("A held rotation's older seal is refused, also where both were held in the same millisecond, and the newest is recovered")
    func held() async throws {
        try await CredentialsFixture.with { sam in
            let change = CredentialChange(.openaiChatGPT, at: .user(sam.owner.id), by: sam.owner)
            try await sam.set(authFile("t1"), for: .openaiChatGPT, at: .user(sam.owner.id))
            _ = try await sam.start("s_1")
            try await sam.act(.off, .openaiChatGPT, at: .user(sam.owner.id))
            _ = try await sam.sync(authFile("t2"), from: "s_1")
            let old = try await sam.seal(of: "held")
            _ = try await sam.sync(authFile("t3"), from: "s_1")
            let new = try await sam.seal(of: "held")
            try await sam.put(old, into: "held")
            await #expect(throws: VaultError.self) { try await sam.credentials.held.recover(nil, change) }
            try await sam.put(new, into: "held")
            try await sam.act(.on, .openaiChatGPT, at: .user(sam.owner.id))
            _ = try await sam.credentials.held.recover(nil, change)
            try await sam.settle("s_1")
            #expect(try await sam.stored() == authFile("t3"))
        }
    }

    // MARK: - What an older SAM had sealed

    @Test(
        "At the first start everything is sealed with its version, no version changes, and what was sealed before is refused from then on")
    func renewal() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set(authFile("t1"), for: .openaiChatGPT, at: .user(sam.owner.id))
            _ = try await sam.start("s_1")
            try await sam.act(.off, .openaiChatGPT, at: .user(sam.owner.id))
            _ = try await sam.sync(authFile("t2"), from: "s_1")
            let (credential, held) = (
                try await sam.sealAsBefore(authFile("t1"), in: "credentials"), try await sam.sealAsBefore(authFile("t2"), in: "held")
            )
            try await sam.put(credential, into: "credentials")
            try await sam.put(held, into: "held")
            try await sam.goBack()
            let before = try await sam.version()

            let after = try await sam.restarted()
            #expect(!after.vault.takesOldForm)
            #expect(try await sam.version() == before)
            #expect(try await sam.accounts.auditTrail().contains { $0.action == "vault.renewed" && $0.detail.hasPrefix("2 sealed") })
            try await after.act(.on, .openaiChatGPT, at: .user(sam.owner.id))
            try await after.settle("s_1")
            #expect(try await after.stored() == authFile("t1"))

            // Put back by hand, with what was noted of it taken out, and at the next start.
            try await sam.put(held, into: "held")
            try await sam.store.write { _ = try $0.execute("DELETE FROM seal_forms") }
            let again = try await sam.restarted()
            let error = await #expect(throws: VaultError.self) {
                try await again.credentials.held.recover(nil, CredentialChange(.openaiChatGPT, at: .user(sam.owner.id), by: sam.owner))
            }
            #expect(error?.code == .oldForm)
            #expect(try await again.stored() == authFile("t1"))
            try await sam.put(credential, into: "credentials")
            try await sam.store.write { _ = try $0.execute("DELETE FROM seal_forms") }
            #expect(try await sam.restarted().stored() == nil)
        }
    }

    @Test("A crash after everything was renewed, before the keys know of it, takes no older seal in at the next start")
    func crash() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("sk-current", at: .platform)
            let old = try await sam.sealAsBefore("sk-current", in: "credentials")
            try await sam.put(old, into: "credentials")
            try await sam.goBack()
            #expect(try await sam.restarted().lent() == "sk-current")
            try sam.goBackWithKeys()
            #expect(try await sam.restarted().lent() == "sk-current", "Done is done, and nothing is sealed twice")
            try sam.goBackWithKeys()
            try await sam.put(old, into: "credentials")
            #expect(try await !sam.restarted().lent().contains("sk-current"))
        }
    }

    @Test("A start that is broken off before it is done changes nothing, and the next one does it")
    func interrupted() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("sk-current", at: .platform)
            let old = try await sam.sealAsBefore("sk-current", in: "credentials")
            try await sam.put(old, into: "credentials")
            try await sam.goBack()
            try await sam.store.write { transaction in
                _ = try transaction.execute(
                    "CREATE TRIGGER broken BEFORE INSERT ON seal_forms BEGIN SELECT RAISE(ABORT, 'the power goes'); END")
            }
            await #expect(throws: StoreError.self) { try await sam.restarted() }
            #expect(try await sam.seal(of: "credentials").bytes == old.bytes)
            try await sam.store.write { _ = try $0.execute("DROP TRIGGER broken") }
            #expect(try await sam.restarted().lent() == "sk-current")
        }
    }

    @Test("A seal that does not open is left as it is, and the others are renewed")
    func unreadable() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("sk-current", at: .platform)
            try await sam.put(try await sam.sealAsBefore("sk-current", in: "credentials"), into: "credentials")
            try await sam.set("sk-other", for: .anthropic, at: .platform)
            var damaged = try await sam.seal(of: "credentials WHERE provider = 'anthropic'")
            damaged.bytes[0] = 1
            let row = damaged
            try await sam.store.write {
                _ = try $0.execute("UPDATE credentials SET sealed = $1 WHERE provider = 'anthropic'", row.bytes)
            }
            try await sam.goBack()
            let after = try await sam.restarted()
            #expect(try await after.lent() == "sk-current")
            #expect(try await !after.lent(.anthropic).contains("sk-other"))
            #expect(try await sam.seal(of: "credentials WHERE provider = 'anthropic'").bytes == damaged.bytes)
        }
    }

    @Test("With keys from the environment the database tells whether it is done, by its note or by a single seal of today")
    func environment() async throws {
        try await CredentialsFixture.with { sam in
            let source = KeyringSource.environment("a:\(Data(repeating: 9, count: 32).base64EncodedString())")
            let first = try await sam.restarted(source)
            try await first.set("sk-current", at: .platform)
            let old = try await sam.sealAsBefore("sk-current", in: "credentials", with: source)
            try await sam.put(old, into: "credentials")
            try await sam.store.write { _ = try $0.execute("DELETE FROM seal_forms") }
            #expect(try await sam.restarted(source).lent() == "sk-current")

            try await sam.put(old, into: "credentials")
            #expect(try await !sam.restarted(source).lent().contains("sk-current"), "It is noted")
            try await first.set("sk-other", for: .anthropic, at: .platform)
            try await sam.store.write { _ = try $0.execute("DELETE FROM seal_forms") }
            let second = try await sam.restarted(source)
            #expect(try await !second.lent().contains("sk-current"), "Something was sealed since")
            #expect(try await second.lent(.anthropic) == "sk-other")
        }
    }
}

extension CredentialsFixture {
    fileprivate func version() async throws -> Int {
        try await store.read { try $0.query("SELECT version FROM credentials")[0].integer("version") }
    }
}
