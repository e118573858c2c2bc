import Foundation
import JWTKit
import Vault

extension AuthFile {
    /// The file with other tokens in it; everything else stays as it was.
    ///
    /// - Throws: ``CredentialsError/Code/invalid`` for a file that can't be read.
    static func renewed(_ secret: Secret, with tokens: RenewedTokens, at time: Date) throws(CredentialsError) -> Secret {
        let object = secret.withBytes { try? JSONSerialization.jsonObject(with: Data($0)) }
        guard var file = object as? [String: Any], var old = file["tokens"] as? [String: Any] else {
            throw CredentialsError(.invalid, "This is no complete sign-in file.")
        }
        old["access_token"] = tokens.access.reveal()
        if let refresh = tokens.refresh { old["refresh_token"] = refresh.reveal() }
        if let id = tokens.id { old["id_token"] = id.reveal() }
        file["tokens"] = old
        file["last_refresh"] = time.formatted(.iso8601)
        guard let data = try? JSONSerialization.data(withJSONObject: file, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        else { throw CredentialsError(.invalid, "The sign-in file can't be written.") }
        return Secret(bytes: data)
    }

    /// When a sign-in should be refreshed, and from when on it is of no use. Both in UTC milliseconds.
    struct Life: Hashable {
        /// After four fifths of its life, spread a little so that not everybody comes at once.
        var dueAt: Int64
        var endsAt: Int64
    }

    /// The life of the access token, as far as it tells.
    ///
    /// - Parameter spread: from 0 to 1, the same for one credential always.
    func life(spread: Double) -> Life? {
        let claims = accessToken.withBytes { try? DefaultJWTParser().parse(Array($0), as: AccessClaims.self).payload }
        // A time beyond all sense is none.
        let sensible = 0.0...1e11
        guard let claims, let end = claims.exp, sensible.contains(end) else { return nil }
        let begin = claims.iat.flatMap { sensible.contains($0) && $0 < end ? $0 : nil } ?? end - 3_600
        let due = begin + (end - begin) * (0.8 + 0.05 * spread)
        return Life(dueAt: Int64(due * 1_000), endsAt: Int64(end * 1_000))
    }
}

/// What an access token says of its life, in seconds (RFC 7519). Nobody's word is taken for more than that.
private struct AccessClaims: JWTPayload {
    var iat: Double?
    var exp: Double?

    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
