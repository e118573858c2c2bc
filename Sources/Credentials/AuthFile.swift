import Foundation
import JWTKit
import Vault

/// The sign-in file of Codex, as far as SAM has to understand it.
///
/// Codex keeps it as `auth.json`: an object with `tokens`, which has `access_token`, `refresh_token`, `id_token` and
/// `account_id` (observed in codex 0.144; see docs/providers.md). Fields that are not read here are kept as they are,
/// because the whole text is what is stored.
struct AuthFile {
    /// Whose sign-in it is.
    struct Identity: Hashable {
        var account: String?
        var subject: String?
    }

    let identity: Identity
    let accessToken: Secret
    let refreshToken: Secret?
    let idToken: String?

    /// Reads a sign-in file.
    ///
    /// - Throws: ``CredentialsError/Code/invalid`` with a sentence that quotes nothing of it.
    init(_ secret: Secret) throws(CredentialsError) {
        let contents: Contents
        do {
            contents = try secret.withBytes { try JSONDecoder().decode(Contents.self, from: Data($0)) }
        } catch {
            throw CredentialsError(.invalid, "This is no complete sign-in file: it is not the JSON that Codex writes to auth.json.")
        }
        let access = contents.tokens?.access_token ?? ""
        guard !access.allSatisfy(\.isWhitespace) else {
            throw CredentialsError(.invalid, "The sign-in file holds no access token. Sign in again with `codex login`.")
        }
        // What SAM gives out itself begins with this, and is no provider's.
        guard !access.hasPrefix("sam_") else {
            throw CredentialsError(.invalid, "The sign-in file holds a placeholder of SAM's instead of an access token.")
        }
        accessToken = Secret(access)
        refreshToken = contents.tokens?.refresh_token.flatMap { $0.isEmpty ? nil : Secret($0) }
        idToken = contents.tokens?.id_token
        let claims = idToken.flatMap { try? DefaultJWTParser().parse(Array($0.utf8), as: IdentityClaims.self).payload }
        let signed = claims?.auth?.chatgpt_account_id
        let written = contents.tokens?.account_id
        guard signed == nil || written == nil || signed == written else {
            throw CredentialsError(.invalid, "The sign-in file names one account, and its id token another.")
        }
        identity = Identity(account: written ?? signed, subject: claims?.sub)
    }

    /// Whether this may take the place of a sign-in with that identity: the same account and the same person.
    func continues(_ stored: Identity) -> Bool {
        identity.account == stored.account && (stored.subject == nil || identity.subject == stored.subject)
    }

    // The names are the file's own.
    private struct Contents: Decodable {
        struct Tokens: Decodable {
            var access_token: String?
            var refresh_token: String?
            var id_token: String?
            var account_id: String?
        }
        var tokens: Tokens?
    }
}

/// What an id token says of whose it is. The account stands in a claim of OpenAI's own.
struct IdentityClaims: JWTPayload {
    struct Auth: Codable {
        var chatgpt_account_id: String?
    }

    var sub: String?
    var auth: Auth?

    enum CodingKeys: String, CodingKey {
        case sub
        case auth = "https://api.openai.com/auth"
    }

    /// Who signed it is all that matters: an id token is short-lived, and one that has expired still says whose it is.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

/// The keys with which providers sign id tokens, where someone configured them.
public struct IdentityKeys: Sendable {
    private let keys: [Provider: JWTKeyCollection]

    /// None: id tokens are compared by what they say, and not checked by signature.
    public init() {
        keys = [:]
    }

    /// Reads a folder with a JSON Web Key Set for each provider, `PROVIDER.jwks`. A folder that is not there holds none.
    ///
    /// - Throws: ``CredentialsError/Code/invalid`` that names a file that is no key set.
    public init(folder: String) async throws {
        var keys: [Provider: JWTKeyCollection] = [:]
        for provider in Provider.all {
            let file = "\(folder)/\(provider.rawValue).jwks"
            guard let content = FileManager.default.contents(atPath: file) else { continue }
            do {
                keys[provider] = try await JWTKeyCollection().add(jwksJSON: String(decoding: content, as: UTF8.self))
            } catch {
                throw CredentialsError(.invalid, "\(file) is no JSON Web Key Set. Mend it, or remove it to do without.")
            }
        }
        self.keys = keys
    }

    /// Whether an id token is one that the provider's configured keys refuse. A provider without keys refuses none.
    func refuse(_ idToken: String?, of provider: Provider) async -> Bool {
        guard let keys = keys[provider] else { return false }
        guard let idToken else { return true }
        return (try? await keys.verify(idToken, as: IdentityClaims.self)) == nil
    }
}

/// What a request with Codex's sign-in needs of it.
public struct CodexSignIn: Sendable {
    public let accessToken: Secret
    /// The account that the request is on, which goes into a header of its own.
    public let account: String?

    /// Reads a sign-in file.
    ///
    /// - Throws: ``CredentialsError/Code/invalid`` with a sentence that quotes nothing of it.
    public init(_ secret: Secret) throws(CredentialsError) {
        let file = try AuthFile(secret)
        accessToken = file.accessToken
        account = file.identity.account
    }
}
