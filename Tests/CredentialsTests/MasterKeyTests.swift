import Accounts
import Credentials
import Foundation
import Store
import Testing
import Vault

@Suite("Master keys")
struct MasterKeyTests {
    @Test("A rotation wraps everything anew, changes no version, and the old key is forgotten; all secrets open as before")
    func rotation() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set(authFile("t1"), for: .openaiChatGPT, at: .user(sam.owner.id))
            _ = try await sam.start("s_1")
            try await sam.act(.off, .openaiChatGPT, at: .user(sam.owner.id))
            _ = try await sam.sync(authFile("t2"), from: "s_1")
            for number in 0..<450 {
                _ = try await sam.store.write { transaction in
                    _ = try transaction.execute(
                        "INSERT INTO projects (id, name, repository, sandbox, created_at) VALUES ($1, $1, '/', 'bubblewrap', 0)",
                        "p_\(number)")
                    _ = try transaction.execute(
                        "INSERT INTO members (project_id, user_id, role, added_by, added_at) VALUES ($1, $2, 'owner', $2, 0)",
                        "p_\(number)", sam.owner.id)
                }
                try await sam.set("key-\(number)", at: .project(ProjectID(rawValue: "p_\(number)")))
            }
            let old = sam.vault.currentKey
            let versions = try await sam.versions()
            let rotation = try await sam.credentials.masterKeys.rotate(by: sam.owner)
            #expect(rotation.rewrapped == 452 && rotation.unreadable == 0)
            #expect(sam.vault.keys.map(\.rawValue) == [rotation.key] && sam.vault.currentKey != old)
            #expect(try await sam.versions() == versions)
            try await sam.act(.on, .openaiChatGPT, at: .user(sam.owner.id))
            _ = try await sam.credentials.held.recover(nil, CredentialChange(.openaiChatGPT, at: .user(sam.owner.id), by: sam.owner))
            try await sam.settle("s_1")
            #expect(try await sam.stored() == authFile("t2"))
            await #expect(throws: AccountsError.self) { try await sam.credentials.masterKeys.rotate(by: sam.member) }
        }
    }

    @Test("A seal that does not open is left as it is, and its key is kept")
    func unreadable() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-1", at: .platform)
            try await sam.set("key-2", at: .user(sam.owner.id))
            _ = try await sam.store.write { try $0.execute("UPDATE credentials SET sealed = x'00' WHERE scope = 'platform'") }
            let old = sam.vault.currentKey
            let rotation = try await sam.credentials.masterKeys.rotate(by: sam.owner)
            #expect(rotation.rewrapped == 1 && rotation.unreadable == 1)
            #expect(sam.vault.knows(old))
        }
    }

    @Test("Keys that are missing, or others, are refused at the start, and nothing was changed")
    func wrongKeys() async throws {
        try await CredentialsFixture.with { sam in
            let file = sam.folder + "/vault.keys"
            try await sam.set("key-1", at: .platform)
            let before = try await sam.rows(except: [])
            let content = try #require(FileManager.default.contents(atPath: file))
            func open(_ source: KeyringSource) async throws { _ = try await VaultOpening.open(source, store: sam.store, now: 1) }

            try FileManager.default.removeItem(atPath: file)
            let missing = await #expect(throws: VaultError.self) { try await open(.file(path: file)) }
            #expect(missing?.code == .keyringMissing)
            #expect(!FileManager.default.fileExists(atPath: file), "A new key would open nothing")

            let other = Data(repeating: 7, count: 32).base64EncodedString()
            let wrong = await #expect(throws: CredentialsError.self) {
                try await open(.environment("\(sam.vault.currentKey.rawValue):\(other)"))
            }
            #expect(wrong?.message.contains("is not the one") == true)
            let absent = await #expect(throws: CredentialsError.self) { try await open(.environment("mine:\(other)")) }
            #expect(absent?.message.contains("is missing") == true)
            #expect(try await sam.rows(except: []) == before)

            try #require(FileManager.default.createFile(atPath: file, contents: content, attributes: [.posixPermissions: 0o600]))
            try await open(.file(path: file))
        }
    }

    @Test("A ciphertext that was moved to another row does not open there")
    func moved() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-owner", at: .user(sam.owner.id))
            try await sam.set("key-member", at: .user(sam.member.id), by: sam.member)
            guard case .pinned = try await sam.start("s_0", .openai, as: .brokered, by: sam.member) else {
                Issue.record("In its own row it opens")
                return
            }
            _ = try await sam.store.write { transaction in
                try transaction.execute(
                    """
                    UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE user_id = $1)
                    WHERE user_id = $2
                    """, sam.owner.id, sam.member.id)
            }
            guard case .refused("failed", let sentence) = try await sam.start("s_1", .openai, as: .brokered, by: sam.member) else {
                Issue.record("It opened in a row that it was not sealed for")
                return
            }
            #expect(sentence.contains("does not open"))
        }
    }
}

extension CredentialsFixture {
    fileprivate func versions() async throws -> [String] {
        try await store.read { transaction in
            try transaction.query("SELECT id, version FROM credentials ORDER BY id").map {
                "\(try $0.text("id")) \(try $0.integer("version"))"
            }
        }
    }
}
