import Accounts
import Foundation
import Store
import TestSupport
import Testing
import Vault

@testable import Credentials

@Suite("A refresh while the database is away")
struct TokenBrokerOutageTests {
    /// Makes the database refuse the outcomes of refreshes, or take them again.
    private func refuse(_ isAway: Bool, _ sam: BrokerFixture) async throws {
        try await sam.sam.store.write { transaction in
            for action in ["DELETE", "UPDATE"] {
                try transaction.execute(
                    isAway
                        ? "CREATE TRIGGER away_\(action) BEFORE \(action) ON refreshes BEGIN SELECT RAISE(ABORT, 'away'); END"
                        : "DROP TRIGGER away_\(action)")
            }
        }
    }

    /// Spends the token, and takes the database away before the outcome is there.
    private func spend(_ sam: BrokerFixture) async throws -> Task<String?, Never> {
        await sam.family.hold(.before)
        let outcome = Task { await sam.one.renew(sam.id) }
        try await eventually("the token is about to be spent") { await sam.family.isHeld(at: .before) }
        try await refuse(true, sam)
        await sam.family.letGo()
        return outcome
    }

    @Test("The new token is kept until the database takes it, stored once, and the owner is told")
    func kept() async throws {
        try await BrokerFixture.with { sam in
            let outcome = try await spend(sam)
            let why = try #require(await outcome.value)
            #expect(why.contains("SAM keeps it until it can"), "\(why)")
            try await eventually("ten minutes have passed") { sam.one.pauses.total > .seconds(600) }
            #expect(await sam.one.renew(sam.id)?.contains("can't be refreshed now") == true)
            #expect(try sam.one.files() == ["\(sam.id.rawValue).1"])
            let file = try FileManager.default.attributesOfItem(atPath: sam.one.folder + "/\(sam.id.rawValue).1")
            #expect(file[.posixPermissions] as? Int == 0o600)

            try await refuse(false, sam)
            let newest = await sam.family.newest.access
            try await eventually("it is stored") { try await sam.lent() == newest }
            #expect(await sam.one.renew(sam.id) == nil)
            #expect(await sam.family.calls == 1)
            #expect(try await sam.credential().version == 2)
            #expect(try await sam.audited("refresh.renewed").map(\.detail) == ["version 2, stored late"])
            #expect(try await sam.notifications().map(\.kind) == [.rotationStored])
            #expect(sam.one.logged.count == 2 && sam.one.logged.allSatisfy { $0.contains(sam.id.rawValue) }, "\(sam.one.logged)")
            #expect(sam.one.logged.first?.contains("notice: ") == true && sam.one.logged.first?.contains("is kept") == true)
            #expect(sam.one.logged.last?.hasPrefix("notice: ") == true && sam.one.logged.last?.contains("is stored now") == true)
            #expect(try sam.one.files() == [])
        }
    }

    @Test("A stop in between loses nothing: the next start stores it", arguments: [true, false])
    func stopped(isEarly: Bool) async throws {
        try await BrokerFixture.with { sam in
            if isEarly { sam.one.pauses.stop() }
            let outcome = try await spend(sam)
            if !isEarly {
                _ = await outcome.value
                sam.one.pauses.stop()
            }
            try await eventually("it has ended") { sam.one.pauses.areWaiting }
            try await refuse(false, sam)
            sam.clock.advance(seconds: 60)
            // Another server takes the attempt for an interrupted one.
            #expect(await sam.other.renew(sam.id)?.contains("Sign in again") == true)

            let next = try await sam.restarted()
            #expect(await next.broker.recover() == [])
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest, "It is stored before the server goes on")
            #expect(try await sam.credential().failedReason == nil)
            #expect(try next.files() == [])
            let told = try await sam.notifications().count

            // What is stored already changes nothing.
            sam.one.pauses.letGo()
            _ = await outcome.value
            #expect(await sam.one.renew(sam.id) == nil)
            #expect(try await sam.credential().version == 2)
            #expect(try await sam.notifications().count == told)
            #expect(await sam.family.calls == 1)
        }
    }

    @Test(
        "A token that was not spent stays good, though the attempt was taken for an interrupted one; its owner is told that it is",
        arguments: [SignIn.life + 600, SignIn.life * 9 / 10])
    func unspent(age: Int64) async throws {
        try await BrokerFixture.with(age: age) { sam in
            await sam.family.answering(.notNow)
            sam.one.pauses.stop()
            let outcome = try await spend(sam)
            try await eventually("it waits") { sam.one.pauses.areWaiting }
            try await refuse(false, sam)
            sam.clock.advance(seconds: 60)
            #expect(await sam.other.renew(sam.id)?.contains("Sign in again") == true)
            #expect(try await sam.notifications().map(\.kind) == [.credentialFailed])
            sam.clock.advance(seconds: 1)
            sam.one.pauses.letGo()
            #expect(await outcome.value?.contains("can't be reached") == true)
            #expect(try await sam.credential().failedReason == nil)
            #expect(try await sam.audited("refresh.unspent").map(\.subject) == [sam.id.rawValue])
            let told = try await sam.notifications()
            #expect(told.map(\.kind) == [.rotationStored, .credentialFailed])
            #expect(told.first?.text.contains("need not sign in again") == true, "\(told)")
            #expect(try await sam.sam.store.read { try $0.query("SELECT version FROM refreshes WHERE is_lost <> 0").count } == 0)

            sam.clock.advance(seconds: 2)
            await sam.family.answering(.tokens)
            #expect(await sam.other.renew(sam.id) == nil)
            #expect(await sam.family.calls == 2)
            #expect(try sam.one.files() == [])
            #expect(try await sam.notifications().count == 2)
        }
    }

    @Test("What came of an attempt says nothing of a later one on the same token: that stays lost")
    func laterAttempt() async throws {
        try await BrokerFixture.with(age: SignIn.life * 9 / 10) { sam in
            await sam.family.answering(.notNow)
            try await sam.one.refreshAndEnd(sam.id, sam.family, stores: true)
            sam.clock.advance(seconds: 2)
            _ = try await sam.other.claim(sam.id)
            sam.clock.advance(seconds: 30)
            #expect(await sam.other.renew(sam.id)?.contains("Sign in again") == true)

            let next = try await sam.restarted()
            #expect(await next.broker.recover() == [])
            #expect(try next.files() == [])
            await sam.family.answering(.tokens)
            #expect(await next.renew(sam.id)?.contains("Sign in again") == true)
            #expect(await sam.family.calls == 1, "The later attempt may have spent it")
            #expect(try await sam.audited("refresh.unspent") == [])
        }
    }

    @Test("A process that ends between the answer and the database loses nothing: the next start stores it before it goes on")
    func endedAtOnce() async throws {
        try await BrokerFixture.with { sam in
            try await sam.one.refreshAndEnd(sam.id, sam.family)
            sam.clock.advance(seconds: 60)
            let next = try await sam.restarted()
            #expect(await next.broker.recover() == [])
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest)
            #expect(try await sam.notifications().map(\.kind) == [.rotationStored])
            #expect(try next.files() == [])
            #expect(next.logged.count == 1 && next.logged.allSatisfy { $0.contains("is stored now") }, "\(next.logged)")
            #expect(await sam.family.calls == 1)
        }
    }

    @Test("A start while the database refuses it goes on, and it is stored later")
    func refusedAtStart() async throws {
        try await BrokerFixture.with { sam in
            try await sam.one.refreshAndEnd(sam.id, sam.family)
            try await refuse(true, sam)
            let next = try await sam.restarted()
            #expect(await next.broker.recover() == [])
            #expect(try await sam.lent() == sam.first.access)
            try await refuse(false, sam)
            let newest = await sam.family.newest.access
            try await eventually("it is stored") { try await sam.lent() == newest }
            try await eventually("its file is gone") { try next.files() == [] }
        }
    }

    @Test(
        "Files of two versions are stored in their order; what was stored before, by an earlier SAM too, changes nothing and sends no notification",
        arguments: [1, 2], [false, true])
    func twoFiles(stored: Int, isUpgraded: Bool) async throws {
        try await BrokerFixture.with { sam in
            try await sam.one.refreshAndEnd(sam.id, sam.family, stores: true)
            sam.clock.advance(seconds: SignIn.life)
            try await sam.one.refreshAndEnd(sam.id, sam.family, stores: stored == 2)
            #expect(try sam.one.files() == ["\(sam.id.rawValue).1", "\(sam.id.rawValue).2"])
            if isUpgraded {
                // As the database of a SAM that had no such table.
                try await sam.sam.store.write { transaction in
                    try transaction.execute("DROP TABLE renewals")
                    try transaction.execute("DELETE FROM migrations WHERE module = 'credentials' AND number = 8")
                }
                try await sam.sam.store.migrate(Accounts.migrations + CredentialTables.migrations, now: 0)
            }
            let next = try await sam.restarted()
            #expect(await next.broker.recover() == [])
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest)
            #expect(try await sam.credential().version == 3)
            #expect(try next.files() == [])
            #expect(try await sam.audited("refresh.dropped") == [])
            #expect(try await sam.notifications().map(\.kind) == (stored == 2 ? [] : [.rotationStored]))
        }
    }

    @Test("A secret that was set meanwhile stays, and the owner is told that the new token was dropped")
    func replacedMeanwhile() async throws {
        try await BrokerFixture.with { sam in
            try await sam.one.refreshAndEnd(sam.id, sam.family)
            let theirs = await sam.family.signIn()
            try await sam.set(theirs.file)
            #expect(await (try sam.restarted()).broker.recover() == [])
            #expect(try await sam.lent() == theirs.access)
            #expect(try await sam.notifications().map(\.kind) == [.rotationDropped])
        }
    }

    @Test("While the folder can't be written, the new token is in memory; once it can, it is in a file")
    func unwritableFolder() async throws {
        try await BrokerFixture.with { sam in
            #expect(FileManager.default.createFile(atPath: sam.one.folder, contents: Data()))
            let outcome = try await spend(sam)
            #expect(await outcome.value?.contains("don't stop SAM") == true)
            #expect(sam.one.logged.contains { $0.hasPrefix("warning: ") && $0.contains("in memory only") }, "\(sam.one.logged)")
            try FileManager.default.removeItem(atPath: sam.one.folder)
            try await eventually("it is in a file") { try sam.one.files() == ["\(sam.id.rawValue).1"] }
            try await eventually("it is logged") { sam.one.logged.last?.contains("is in a file now") == true }

            try await refuse(false, sam)
            let newest = await sam.family.newest.access
            try await eventually("it is stored") { try await sam.lent() == newest }
            try await eventually("its file is gone") { try sam.one.files() == [] }
        }
    }

    @Test("A folder that can't be written does no harm while the database takes what comes")
    func unneededFolder() async throws {
        try await BrokerFixture.with { sam in
            #expect(FileManager.default.createFile(atPath: sam.one.folder, contents: Data()))
            #expect(await sam.one.renew(sam.id) == nil)
            #expect(sam.one.logged == [])
        }
    }

    /// What keeps an outcome out of the database.
    enum Obstacle: String, CaseIterable {
        /// The sign-in's seal is damaged.
        case seal
        /// The sign-in's master key is not on the ring.
        case key
        /// The sign-in's row is damaged.
        case row
    }

    @Test("Of errors that last the owner is told, and it ends; others may pass, and the new token is kept", arguments: Obstacle.allCases)
    func lasting(obstacle: Obstacle) async throws {
        try await BrokerFixture.with { sam in
            await sam.family.hold(.after)
            let outcome = Task { await sam.one.renew(sam.id) }
            try await eventually("the token is spent") { await sam.family.isHeld(at: .after) }
            let column =
                switch obstacle {
                case .seal: "sealed"
                case .key: "key_id"
                case .row: "kind"
                }
            let before = try await sam.sam.store.write { transaction in
                let value = try #require(try transaction.first("SELECT \(column) AS it FROM credentials")).value("it")
                try transaction.execute("UPDATE credentials SET \(column) = \(obstacle == .seal ? "x'0011'" : "'gone'")")
                return value
            }
            await sam.family.letGo()
            let why = try #require(await outcome.value)
            switch obstacle {
            case .seal:
                #expect(why.contains("Sign in again"), "\(why)")
                #expect(try await sam.credential().failedReason?.contains("can't be stored") == true)
                #expect(try await sam.notifications().map(\.kind) == [.credentialFailed])
                #expect(try sam.one.files() == [])
                #expect(sam.one.pauses.total == .zero)
            case .key:
                #expect(why.contains("SAM keeps it until it can"), "\(why)")
                try await restore(column, before, sam)
                let newest = await sam.family.newest.access
                try await eventually("it is stored") { try await sam.lent() == newest }
                #expect(try await sam.notifications().map(\.kind) == [.rotationStored])
            case .row:
                #expect(sam.one.logged.count == 2 && sam.one.logged.allSatisfy { $0.hasPrefix("error: ") }, "\(sam.one.logged)")
                #expect(sam.one.pauses.total == .zero)
                try await restore(column, before, sam)
                #expect(await (try sam.restarted()).broker.recover() == [])
                let newest = await sam.family.newest.access
                #expect(try await sam.lent() == newest, "Its file was kept for the next start")
            }
            #expect(await sam.family.calls == 1)
        }
    }

    private func restore(_ column: String, _ value: SQLValue, _ sam: BrokerFixture) async throws {
        try await sam.sam.store.write { _ = try $0.execute("UPDATE credentials SET \(column) = $1", value) }
    }

    @Test("A draft that is complete is an outcome; one that is cut short is removed, and a write that fails leaves none")
    func drafts() async throws {
        try await BrokerFixture.with { sam in
            try await sam.one.refreshAndEnd(sam.id, sam.family)
            let file = "\(sam.one.folder)/\(sam.id.rawValue).1"
            try FileManager.default.moveItem(atPath: file, toPath: file + ".new")
            try Data(#"{"attempt":{"cred"#.utf8).write(to: URL(filePath: sam.one.folder + "/c_1.1.new"))
            // Stored, and its file could only be emptied.
            try Data().write(to: URL(filePath: sam.one.folder + "/c_2.1"))
            let next = try await sam.restarted()
            #expect(await next.broker.recover() == [])
            let newest = await sam.family.newest.access
            #expect(try await sam.lent() == newest)
            #expect(try next.files() == [])

            let name = "\(sam.id.rawValue).2"
            try FileManager.default.createDirectory(atPath: "\(next.folder)/\(name)/x", withIntermediateDirectories: true)
            let attempt = RefreshAttempt(try await sam.credential())
            let kept = next.credentials.refreshes.kept
            kept.add(.unknown("x"), of: attempt)
            #expect(throws: CredentialsError.self) { try kept.write(attempt) }
            #expect(try next.files() == [name])
            kept.setAside(attempt)
        }
    }

    @Test("A rotation of the master key keeps the key that a new token is sealed with, until the token is stored")
    func rotated() async throws {
        try await BrokerFixture.with { sam in
            let outcome = try await spend(sam)
            _ = await outcome.value
            sam.one.pauses.stop()
            try await eventually("it has ended") { sam.one.pauses.areWaiting }
            let first = try await sam.one.credentials.masterKeys.rotate(by: sam.sam.owner)
            #expect(first.rewrapped == 1 && first.unneeded == [])
            try await refuse(false, sam)

            let next = try await sam.restarted()
            #expect(await next.broker.recover() == [])
            let newest = await sam.family.newest.access
            try await eventually("it is stored") { try await sam.lent() == newest }
            try await eventually("its file is gone") { try next.files() == [] }
            sam.one.pauses.letGo()
            #expect(await sam.one.renew(sam.id) == nil)

            let second = try await next.credentials.masterKeys.rotate(by: sam.sam.owner)
            #expect(second.unneeded.count == 2 && second.unneeded.contains(first.key), "Now the oldest is not needed: \(second)")
            #expect(await sam.family.calls == 1)
        }
    }

    @Test("Without knowing which keys new tokens need, a rotation is refused and changes nothing; a damaged file needs none")
    func unknownKeys() async throws {
        try await BrokerFixture.with { sam in
            let old = sam.sam.vault.currentKey
            #expect(FileManager.default.createFile(atPath: sam.one.folder, contents: Data()))
            let refusal = await #expect(throws: CredentialsError.self) {
                try await sam.one.credentials.masterKeys.rotate(by: sam.sam.owner)
            }
            #expect(refusal?.code == .vault && refusal?.message.contains("then rotate again") == true, "\(refusal?.message ?? "")")
            #expect(try await sam.restarted().credentials.masterKeys.rows.vault.keys == [old])

            try FileManager.default.removeItem(atPath: sam.one.folder)
            try FileManager.default.createDirectory(atPath: sam.one.folder, withIntermediateDirectories: true)
            #expect(FileManager.default.createFile(atPath: sam.one.folder + "/c_1.1", contents: Data("{".utf8)))
            #expect(try await sam.one.credentials.masterKeys.rotate(by: sam.sam.owner).unneeded == [old.rawValue])
        }
    }

    @Test("A file that can't be read is named and stays")
    func damaged() async throws {
        try await BrokerFixture.with { sam in
            try FileManager.default.createDirectory(atPath: sam.one.folder, withIntermediateDirectories: true)
            for name in ["c_1.1", "c_2.7"] {
                #expect(FileManager.default.createFile(atPath: sam.one.folder + "/" + name, contents: Data("{".utf8)))
            }
            let problems = await sam.one.broker.recover()
            #expect(problems.count == 2 && problems.allSatisfy { $0.contains("can't be read and is kept") }, "\(problems)")
            #expect(try sam.one.files().count == 2)
            #expect(await sam.one.renew(sam.id) == nil)
        }
    }
}
