import Foundation
import Vault

extension AuthFile {
    /// Returns the file with new tokens and a new `last_refresh`; other fields are preserved.
    ///
    /// - Throws: ``CredentialsError/Code/invalid`` for an unreadable file.
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
}
