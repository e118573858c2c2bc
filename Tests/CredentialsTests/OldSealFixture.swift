import Accounts
import Credentials
import Foundation
import Store

@testable import Vault

/// What somebody can do who writes to the database, and what an older SAM left there.
extension CredentialsFixture {
    /// A row of a table's sealed columns.
    struct Row: Sendable {
        var bytes: [UInt8]
        var key: String
    }

    func seal(of table: String) async throws -> Row {
        try await store.read { transaction in
            guard let row = try transaction.first("SELECT sealed, key_id FROM \(table)"),
                case .blob(let bytes) = try row.value("sealed")
            else { throw StoreError(.unexpectedValue, "There is no seal.") }
            return Row(bytes: bytes, key: try row.text("key_id"))
        }
    }

    /// Puts a seal back by hand.
    func put(_ row: Row, into table: String) async throws {
        try await store.write { transaction in
            _ = try transaction.execute("UPDATE \(table) SET sealed = $1, key_id = $2", row.bytes, row.key)
        }
    }

    /// Seals the only row of a table as an older SAM did, with the same keys.
    func sealAsBefore(_ secret: String, in table: String, with source: KeyringSource? = nil) async throws -> Row {
        let vault = try Vault(source ?? .file(path: keys), mayCreate: false)
        let words = try await store.read { transaction -> [String] in
            let row = try transaction.query("SELECT * FROM credentials")[0]
            let id = try row.text("id")
            let kind = [try row.text("provider"), try row.text("kind")]
            if table == "held" { return ["held", id, try transaction.query("SELECT session_id FROM held")[0].text("session_id")] + kind }
            let owner = try row.optionalText("project_id") ?? row.optionalText("user_id") ?? ""
            return [id, try row.text("scope"), owner] + kind
        }
        let context = SealContext(words[0], words[1], words[2], words[3], words[4])
        let sealed = try vault.seal(Secret(secret), for: context, .unversioned)
        return Row(bytes: sealed.bytes, key: sealed.key.rawValue)
    }

    var keys: String { folder + "/vault.keys" }

    /// Makes database and keys what they were before seals had a version, but for the seals themselves.
    func goBack() async throws {
        try await store.write { _ = try $0.execute("DELETE FROM seal_forms") }
        try goBackWithKeys()
    }

    func goBackWithKeys() throws {
        let text = try String(contentsOfFile: keys, encoding: .utf8).replacing(/,?\s*"form"\s*:\s*2\s*,?/) { match in
            // In the middle of the object one comma stays.
            match.output.first == "," && match.output.last == "," ? "," : ""
        }
        try Data(text.utf8).write(to: URL(filePath: keys))
        chmod(keys, 0o600)
    }

    /// The same database at SAM's next start.
    func restarted(_ source: KeyringSource? = nil) async throws -> CredentialsFixture {
        let vault = try await VaultOpening.open(source ?? .file(path: keys), store: store, now: 1_700_000_000_001)
        return CredentialsFixture(
            store: store, accounts: accounts,
            credentials: CredentialServices(store: store, accounts: accounts, vault: vault, now: { 1_700_000_000_001 }), vault: vault,
            folder: folder, owner: owner, member: member, stranger: stranger, project: project)
    }

    /// What a session of the owner's would get for an API key now: the key, or the sentence of a refusal.
    func lent(_ provider: Provider = .openai) async throws -> String {
        try await store.read { transaction in
            switch try credentials.lender.lend(provider, project: project, user: owner.id, in: transaction) {
            case .lent(let loan): loan.secret.reveal()
            case .refused(let why): why
            case .own: "own"
            }
        }
    }
}
