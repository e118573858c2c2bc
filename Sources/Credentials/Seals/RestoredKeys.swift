import Store
import Vault

/// The master keys of a database that is restored from a backup.
public enum RestoredKeys {
    /// Verifies that the available master keys are those that sealed a database's secrets. Changes nothing.
    ///
    /// - Parameter renewals: the folder with the refreshed sign-ins that the database does not have.
    /// - Throws: ``CredentialsError/Code/vault`` with the ids of the keys that are missing or differ under the same name; `VaultError`;
    ///   `StoreError`.
    public static func check(_ source: KeyringSource, open store: Store, renewals: String) async throws {
        let needed = Set(try await SealingKeys.all(in: store)).union(try RenewalFiles.masterKeys(in: renewals)).sorted()
        guard !needed.isEmpty else { return }
        let vault = try Self.vault(source, for: needed)
        let missing = needed.filter { !vault.knows(MasterKeyID(rawValue: $0)) }
        guard missing.isEmpty else {
            throw CredentialsError(
                .vault,
                """
                The master key \(missing.joined(separator: ", ")) is missing in \(source.place): secrets of the backup are sealed with it. Put the \
                keys of that time there, beside the newer ones.
                """)
        }
        let proofs = try await store.read { transaction in try SealingKeys.proofs(transaction) }
        for (id, proof) in proofs where needed.contains(id) {
            guard let known = vault.proof(of: MasterKeyID(rawValue: id)), proof == .blob(known) else {
                throw CredentialsError(
                    .vault,
                    "The master key \(id) in \(source.place) is not the one that secrets of the backup are sealed with. Put the keys of that time there."
                )
            }
        }
    }

    private static func vault(_ source: KeyringSource, for needed: [String]) throws -> Vault {
        do {
            return try Vault(source, mayCreate: false)
        } catch {
            guard error.code == .keyringMissing else { throw error }
            throw CredentialsError(
                .vault,
                """
                The master keys are missing: there is no \(source.place), and secrets of the backup are sealed with \(needed.joined(separator: ", ")). \
                Put the file back from where you keep it, or set SAM_MASTER_KEYS.
                """)
        }
    }
}
