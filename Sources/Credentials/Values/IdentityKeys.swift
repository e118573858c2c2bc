import Foundation
import JWTKit

/// The optional, configured keys that verify the signatures of providers' id tokens.
public struct IdentityKeys: Sendable {
    private let keys: [Provider: JWTKeyCollection]

    /// No keys: id tokens are compared by their claims, and their signatures are not checked.
    public init() {
        keys = [:]
    }

    /// Reads a JSON Web Key Set for each provider, `PROVIDER.jwks`, from a folder. A missing folder or file gives no keys.
    ///
    /// - Throws: ``CredentialsError/Code/invalid`` that names a file that is not a key set.
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

    /// Whether the provider's configured keys reject an id token. A missing token is rejected. A provider without keys rejects none.
    func refuse(_ idToken: String?, of provider: Provider) async -> Bool {
        guard let keys = keys[provider] else { return false }
        guard let idToken else { return true }
        return (try? await keys.verify(idToken, as: IdentityClaims.self)) == nil
    }
}
