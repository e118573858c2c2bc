import Accounts
import Store

/// What is known against a credential: proof that it can't be used, and refusals by its provider.
struct CredentialFailures: Sendable {
    let accounts: Accounts
    let now: @Sendable () -> Int64

    /// Records that a credential is proven unusable, and notifies its owner once.
    func recordProof(against credential: Credential, _ why: String, _ transaction: any Transaction) throws {
        guard credential.failedReason == nil else { return }
        try transaction.execute("UPDATE credentials SET failed_reason = $1 WHERE id = $2", why, credential.id)
        try accounts.record(transaction, .sam, "credential.failed", credential.id.rawValue, why)
        try accounts.notify(
            credential.owner, .credentialFailed, credential.id.rawValue,
            "The credential “\(credential.label)” for \(credential.provider.rawValue) can't be used any more: \(why) Set a new secret.",
            in: transaction)
    }

    /// Records that the provider refused a credential, and notifies its owner once until the secret is replaced. The credential stays usable.
    func recordRefusal(of credential: Credential, status: Int, _ transaction: any Transaction) throws {
        let earlier = try lastRefusal(of: credential.id, transaction)
        try transaction.execute("UPDATE credentials SET last_refused_at = $1 WHERE id = $2", now(), credential.id)
        guard earlier == nil else { return }
        try accounts.record(transaction, .sam, "credential.refused", credential.id.rawValue, "the provider answered \(status)")
        try accounts.notify(
            credential.owner, .credentialRefused, credential.id.rawValue,
            """
            \(credential.provider.rawValue) refused “\(credential.label)” with status \(status). It is kept as it is and no other key is \
            used in its place. If it is no longer good, set a new one: sam credentials set \(credential.provider.rawValue)
            """, in: transaction)
    }

    /// When the provider last refused the current secret, in UTC milliseconds.
    func lastRefusal(of id: CredentialID, _ transaction: any Transaction) throws -> Int64? {
        try transaction.first("SELECT last_refused_at FROM credentials WHERE id = $1", id)?.optionalInteger("last_refused_at").map(
            Int64.init)
    }

    /// Restores a refusal that a refresh of the same person's sign-in has cleared, and records whether that refusal triggered the refresh.
    func keepRefusal(of id: CredentialID, at refusal: Int64?, isRenewedForIt: Bool, _ transaction: any Transaction) throws {
        try transaction.execute(
            "UPDATE credentials SET last_refused_at = $1, renewed_after_refusal_at = $2 WHERE id = $3",
            refusal, isRenewedForIt ? now() : nil, id)
    }

    /// When a refusal last triggered a refresh of the current secret, in UTC milliseconds.
    func renewalAfterRefusal(of id: CredentialID, _ transaction: any Transaction) throws -> Int64? {
        try transaction.first("SELECT renewed_after_refusal_at FROM credentials WHERE id = $1", id)?
            .optionalInteger("renewed_after_refusal_at").map(Int64.init)
    }
}
