import Foundation
import JWTKit
import Vault

/// The parts of Codex's sign-in file that SAM reads.
///
/// Codex keeps it as `auth.json`: an object with `tokens`, which has `access_token`, `refresh_token`, `id_token` and
/// `account_id` (observed in codex 0.144; see docs/providers.md). SAM stores the whole text, so fields that are not read here are
/// preserved.
struct AuthFile {
    /// The account and person that a sign-in belongs to.
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
    /// - Throws: ``CredentialsError/Code/invalid`` with a message that quotes no content of the file.
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
        // SAM's own tokens start with this prefix; no provider's do.
        guard !access.hasPrefix("sam_") else {
            throw CredentialsError(.invalid, "The sign-in file holds SAM's placeholder instead of an access token.")
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

    /// Whether this file may replace a sign-in with the given identity: same account and same person.
    func continues(_ stored: Identity) -> Bool {
        identity.account == stored.account && (stored.subject == nil || identity.subject == stored.subject)
    }

    // The property names match the file's keys.
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

/// The identity claims of an id token. The account is in a claim specific to OpenAI.
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

    /// Only the signature matters: id tokens are short-lived, and an expired one still identifies its owner.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
