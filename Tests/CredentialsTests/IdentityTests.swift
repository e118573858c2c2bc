import Accounts
import Credentials
import Foundation
import JWTKit
import Testing
import Vault

@Suite("The provider's keys for id tokens")
struct IdentityTests {
    private struct Claims: JWTPayload {
        struct Auth: Codable { var chatgpt_account_id: String }
        enum CodingKeys: String, CodingKey {
            case sub
            case auth = "https://api.openai.com/auth"
        }
        var sub: String
        var auth: Auth

        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    private func signed(by key: ES256PrivateKey, subject: String = "person", account: String = "acct_1") async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key, kid: "key-1")
        return try await keys.sign(Claims(sub: subject, auth: Claims.Auth(chatgpt_account_id: account)), kid: "key-1")
    }

    private func file(_ token: String, _ idToken: String?, account: String = "acct_1") -> String {
        let identity = idToken.map { ", \"id_token\": \"\($0)\"" } ?? ""
        return #"{"tokens": {"access_token": "\#(token)", "account_id": "\#(account)"\#(identity)}}"#
    }

    @Test("A rotation that the provider has not signed is invalid, whatever it claims; one that it has signed is taken")
    func signatures() async throws {
        try await CredentialsFixture.with { sam in
            let key = ES256PrivateKey()
            let parameters = try #require(key.parameters)
            let set = """
                {"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "key-1",
                  "x": "\(parameters.x)", "y": "\(parameters.y)"}]}
                """
            try FileManager.default.createDirectory(atPath: sam.folder + "/identity", withIntermediateDirectories: true)
            try Data(set.utf8).write(to: URL(filePath: sam.folder + "/identity/openai-chatgpt.jwks"))
            let credentials = CredentialServices(
                store: sam.store, accounts: sam.accounts, vault: sam.vault,
                identities: try await IdentityKeys(folder: sam.folder + "/identity"), now: { 1_700_000_000_000 })
            func sync(_ secret: String) async throws -> SyncAnswer {
                try await credentials.sync.sync(
                    SyncRequest(agentType: "codex", kind: .oauth, secret: Secret(secret)),
                    from: SessionIdentity(
                        session: SessionReference(rawValue: "s_1"), agent: "codex", project: sam.project, user: sam.owner.id))
            }

            try await sam.set(file("t1", try await signed(by: key)), for: .openaiChatGPT, at: .user(sam.owner.id))
            _ = try await sam.start("s_1")
            let forged = try await signed(by: ES256PrivateKey())
            let another = try await signed(by: key, subject: "somebody else")
            let otherAccount = try await signed(by: key, account: "acct_2")
            for secret in [
                file("t2", forged), file("t2", nil), file("t2", "no.token.at all"), file("t2", another), file("t2", otherAccount),
                file("t2", otherAccount, account: "acct_2"),
            ] {
                #expect(try await sync(secret).reason == "invalid", "\(secret)")
            }
            #expect(try await sync(file("t2", try await signed(by: key))).version == 2)
        }
    }

    @Test("A file that is no key set is named, and a folder that is not there holds none")
    func files() async throws {
        try await CredentialsFixture.with { sam in
            _ = try await IdentityKeys(folder: sam.folder + "/none")
            try Data("{}".utf8).write(to: URL(filePath: sam.folder + "/openai-chatgpt.jwks"))
            let error = await #expect(throws: CredentialsError.self) { _ = try await IdentityKeys(folder: sam.folder) }
            #expect(error?.message.contains("openai-chatgpt.jwks") == true)
        }
    }
}
