import JWTKit
import Vault

/// When an access token should be refreshed, and when it expires. Both in UTC milliseconds.
struct TokenLifetime: Hashable {
    /// After 80 to 85 % of the lifetime, spread so that sign-ins are not all refreshed at once.
    var dueAt: Int64
    var endsAt: Int64

    /// A token counts as expired this many milliseconds before its end, because a request could outlast it.
    static let margin: Int64 = 60_000
}

extension AuthFile {
    /// The lifetime of the access token; `nil` when it states no valid expiry.
    ///
    /// - Parameter spread: 0 to 1, constant for a credential.
    func lifetime(spread: Double) -> TokenLifetime? {
        let claims = accessToken.withBytes { try? DefaultJWTParser().parse(Array($0), as: AccessClaims.self).payload }
        // Implausible times are ignored.
        let sensible = 0.0...1e11
        guard let claims, let end = claims.exp, sensible.contains(end) else { return nil }
        let begin = claims.iat.flatMap { sensible.contains($0) && $0 < end ? $0 : nil } ?? end - 3_600
        let due = begin + (end - begin) * (0.8 + 0.05 * spread)
        return TokenLifetime(dueAt: Int64(due * 1_000), endsAt: Int64(end * 1_000))
    }
}

/// The lifetime claims of an access token, in seconds (RFC 7519). The signature is not checked; no other claim is read.
private struct AccessClaims: JWTPayload {
    var iat: Double?
    var exp: Double?

    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
