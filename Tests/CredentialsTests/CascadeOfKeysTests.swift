import Accounts
import Cascade
import Credentials
import Store
import Testing
import Vault

@Suite("The cascade of keys")
struct CascadeOfKeysTests {
    @Test("The narrowest layer that says something decides, and removing it lets the broader ones speak")
    func order() async throws {
        try await CredentialsFixture.with { sam in
            #expect(try await sam.explain().outcome == .absent)
            try await sam.set("key-platform", at: .platform)
            #expect(try await sam.explain().scope == .platform)
            try await sam.set("key-user", at: .user(sam.owner.id))
            #expect(try await sam.explain().scope == .user)
            try await sam.set("key-project", at: .project(sam.project))
            #expect(try await sam.explain().scope == .project)
            #expect(try await sam.explain(for: sam.member).scope == .project)
            try await sam.act(.remove, at: .project(sam.project))
            #expect(try await sam.explain().scope == .user)
            #expect(try await sam.explain(for: sam.member).scope == .platform, "Another user's layer is none of theirs")
        }
    }

    @Test("A project's tombstone blocks the user's and the platform's key, and clear restores them")
    func projectTombstone() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-platform", at: .platform)
            try await sam.set("key-user", at: .user(sam.owner.id))
            let report = try await sam.act(.off, at: .project(sam.project), reason: "no spending here")
            #expect(report.before.scope == .user)
            #expect(report.after.outcome == .blocked)
            let blocked = try await sam.explain()
            #expect(blocked.outcome == .blocked && blocked.scope == .project)
            #expect(blocked.sentence.contains("owner") && blocked.sentence.contains("no spending here"), "\(blocked.sentence)")
            #expect(blocked.layers.map(\.finding) == ["inactive", "active", "active"])
            #expect(blocked.layers.map(\.verdict) == ["decidedByTombstone", "notConsulted", "notConsulted"])
            #expect(blocked.layers[0].by == "owner" && blocked.layers[0].reason == "no spending here")
            try await sam.act(.clear, at: .project(sam.project))
            #expect(try await sam.explain().scope == .user)
        }
    }

    @Test("A user's tombstone blocks the platform's key, for that user alone")
    func userTombstone() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-platform", at: .platform)
            try await sam.act(.off, at: .user(sam.member.id), by: sam.member)
            #expect(try await sam.explain(for: sam.member).outcome == .blocked)
            #expect(try await sam.explain(for: sam.owner).scope == .platform)
            guard case .refused(let code, let sentence) = try await sam.start("s_1", .openai, as: .brokered, by: sam.member) else {
                Issue.record("A session was started on a blocked provider")
                return
            }
            #expect(code == "blocked" && sentence.contains("turned off"))
        }
    }

    @Test("Removing under a tombstone leaves the tombstone and says so, and replacing under it leaves it too")
    func tombstoneStands() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-user", at: .user(sam.owner.id))
            try await sam.set("key-project", at: .project(sam.project))
            try await sam.act(.off, at: .project(sam.project))
            let replaced = try await sam.set("key-project-2", at: .project(sam.project))
            #expect(replaced.done.contains("stays turned off"))
            #expect(replaced.after.outcome == .blocked)
            let removed = try await sam.act(.remove, at: .project(sam.project))
            #expect(removed.done.contains("stays turned off"))
            #expect(try await sam.explain().outcome == .blocked)
            await #expect(throws: CredentialsError.self) { try await sam.act(.on, at: .project(sam.project)) }
            try await sam.set("key-project-3", at: .project(sam.project))
            #expect(try await sam.explain().outcome == .blocked, "A secret that is set does not undo what a person turned off")
            try await sam.act(.on, at: .project(sam.project))
            #expect(try await sam.explain().scope == .project)
        }
    }

    @Test("After clear the secret is stored and unused, on uses it again, and remove deletes it")
    func clearKeeps() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-project", at: .project(sam.project))
            try await sam.act(.clear, at: .project(sam.project))
            #expect(try await sam.explain().outcome == .absent)
            #expect(try await sam.credentials.layers.list(for: sam.owner).map(\.state) == [.unused])
            try await sam.act(.on, at: .project(sam.project))
            #expect(try await sam.explain().scope == .project)
            try await sam.act(.clear, at: .project(sam.project))
            try await sam.act(.remove, at: .project(sam.project))
            #expect(try await sam.credentials.layers.list(for: sam.owner).isEmpty)
            for act in [CredentialAct.remove, .clear, .on] {
                await #expect(throws: CredentialsError.self) { try await sam.act(act, at: .project(sam.project)) }
            }
        }
    }

    @Test("A dry run tells what would apply and changes nothing")
    func dryRun() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-user", at: .user(sam.owner.id))
            let before = try await sam.rows(except: [])
            let report = try await sam.credentials.layers.perform(
                .off, CredentialChange(.openai, at: .project(sam.project), by: sam.owner), dryRun: true)
            #expect(report.before.scope == .user && report.after.outcome == .blocked)
            #expect(try await sam.rows(except: []) == before)
        }
    }

    @Test("A layer that can't be read fails itself and hides no other", arguments: ["state", "missing", "seal", "key", "another's"])
    func brokenRows(what: String) async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-platform", at: .platform)
            try await sam.set("key-user", at: .user(sam.owner.id))
            try await sam.set("key-mistral", for: .mistral, at: .user(sam.owner.id))
            _ = try await sam.store.write { transaction in
                switch what {
                case "state": try transaction.execute("UPDATE bindings SET state = 'maybe' WHERE scope = 'user' AND provider = 'openai'")
                case "seal": try transaction.execute("UPDATE credentials SET sealed = x'0011' WHERE scope = 'user' AND provider = 'openai'")
                case "another's":
                    try transaction.execute(
                        """
                        UPDATE bindings SET credential_id = (SELECT id FROM credentials WHERE scope = 'platform')
                        WHERE scope = 'user' AND provider = 'openai'
                        """)
                case "key": try transaction.execute("UPDATE credentials SET key_id = 'gone' WHERE scope = 'user' AND provider = 'openai'")
                default: try transaction.execute("DELETE FROM credentials WHERE scope = 'user' AND provider = 'openai'")
                }
            }
            let outcome = try await sam.start("s_1", .openai, as: .brokered)
            guard case .refused(let code, _) = outcome else {
                Issue.record("\(what): \(outcome)")
                return
            }
            #expect(code == "failed", "A broken layer is not an absent one")
            let all = try await sam.credentials.resolver.explain(project: sam.project, user: sam.owner.id)
            #expect(all.first { $0.provider == .mistral }?.outcome == .found)
            #expect(try await sam.explain(for: sam.member).scope == .platform)
            if what == "seal" {
                #expect(try await sam.accounts.notifications(for: sam.owner.id).map(\.kind) == [.credentialFailed])
                try await sam.set("key-user-2", at: .user(sam.owner.id))
                #expect(try await sam.explain().outcome == .found, "A new secret clears the proof")
            }
        }
    }

    @Test("A credential that has expired is failed, and no broader layer replaces it")
    func expiry() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-platform", at: .platform)
            let change = CredentialChange(.openai, at: .user(sam.owner.id), by: sam.owner)
            _ = try await sam.credentials.layers.perform(.set(NewSecret(Secret("key-1"), expiresAt: 1_700_000_000_001)), change)
            #expect(try await sam.explain().outcome == .found)
            _ = try await sam.store.write { try $0.execute("UPDATE credentials SET expires_at = $1", 1_700_000_000_000) }
            let explained = try await sam.explain()
            #expect(explained.outcome == .failed && explained.sentence.contains("expired"))
        }
    }

    @Test(
        "A secret that is over when it is stored is refused with the field, and what is stored stays; one that ends later is taken",
        arguments: [1_700_000_000_000, 1_699_999_999_999, 1_764_435_600, 0, -1, Int64.min])
    func over(_ end: Int64) async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-1", at: .user(sam.owner.id))
            let change = CredentialChange(.openai, at: .user(sam.owner.id), by: sam.owner)
            let error = await #expect(throws: CredentialsError.self) {
                try await sam.credentials.layers.perform(.set(NewSecret(Secret("key-2"), expiresAt: end)), change)
            }
            #expect(error?.code == .invalid && error?.message.contains("expiresAt") == true)
            #expect(try await sam.stored(.openai, as: .brokered) == "key-1")
            _ = try await sam.credentials.layers.perform(.set(NewSecret(Secret("key-3"), expiresAt: 1_700_000_000_001)), change)
            #expect(try await sam.stored(.openai, as: .brokered) == "key-3")
        }
    }

    @Test("Fifty writers at once on one binding end in one of the written states, with an audit line each")
    func fiftyWriters() async throws {
        try await CredentialsFixture.with { sam in
            try await sam.set("key-0", at: .project(sam.project))
            let before = try await sam.count("audit")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...50 {
                    group.addTask {
                        let act: CredentialAct = number % 5 == 0 ? .off : .set(NewSecret(Secret("key-\(number)")))
                        try await sam.act(act, at: .project(sam.project))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await sam.count("audit") == before + 50)
            let listed = try #require(try await sam.credentials.layers.list(for: sam.owner).first)
            #expect(listed.version == 41, "Every set is a version of its own")
            #expect(try await sam.count("bindings") == 1)
            #expect(try await sam.count("credentials") == 1)
            try await sam.act(.on, at: .project(sam.project))
            guard case .pinned = try await sam.start("s_1", .openai, as: .brokered) else {
                Issue.record("What was written last does not open")
                return
            }
        }
    }

    @Test(
        "A secret that can't be one is refused, says why, and changes nothing",
        arguments: [
            (Provider.openai, ""), (.openai, " \n\t"), (.openai, "key\nwith newline"), (.openai, "key with space"), (.openai, "key\0nul"),
            (.openai, String(repeating: "k", count: 1 << 20)), (.openai, "kéy"), (.openai, authFile("t")), (.anthropic, "sk-ant-oat01-abc"),
            (.openaiChatGPT, "sk-proj-1"), (.openaiChatGPT, "{}"), (.openaiChatGPT, #"{"tokens":{"access_token":" "}}"#),
            (.openaiChatGPT, String(authFile("t").dropLast(40))), (.openaiChatGPT, authFile("sam_placeholder")),
            (.openaiChatGPT, authFile(String(repeating: "t", count: 70_000))),
        ])
    func badSecrets(provider: Provider, secret: String) async throws {
        try await CredentialsFixture.with { sam in
            let before = try await sam.rows(except: [])
            let error = await #expect(throws: CredentialsError.self) {
                try await sam.set(secret, for: provider, at: .user(sam.owner.id))
            }
            #expect(error?.code == .invalid)
            if secret.count > 8 { #expect(error?.message.contains(secret.prefix(9)) == false, "The sentence quotes nothing of it") }
            #expect(try await sam.rows(except: []) == before)
        }
    }

    @Test("Ids of providers have one spelling", arguments: ["Anthropic ", "ANTHROPIC", "open-ai", "", "anthropic\n"])
    func providers(text: String) {
        let error = #expect(throws: CredentialsError.self) { try Provider(parsing: text) }
        if text.lowercased().hasPrefix("anthropic") { #expect(error?.message.contains("Did you mean “anthropic”?") == true) }
    }

    @Test("Who may change a layer: the user their own, members their project's, administrators the platform's")
    func whoMay() async throws {
        try await CredentialsFixture.with { sam in
            let layers: [(ScopeOwner, allowed: [User])] = [
                (.user(sam.member.id), [sam.member]), (.user(sam.owner.id), [sam.owner]),
                (.project(sam.project), [sam.owner, sam.member]), (.platform, [sam.owner]),
            ]
            for (layer, allowed) in layers {
                for user in [sam.owner, sam.member, sam.stranger] {
                    for act in [CredentialAct.set(NewSecret(Secret("key"))), .off, .on, .clear] {
                        if allowed.contains(user) {
                            try await sam.act(act, at: layer, by: user)
                        } else {
                            let before = try await sam.rows(except: [])
                            await #expect(throws: AccountsError.self) { try await sam.act(act, at: layer, by: user) }
                            #expect(try await sam.rows(except: []) == before)
                        }
                    }
                }
            }
        }
    }
}
