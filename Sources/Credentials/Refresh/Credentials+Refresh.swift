import Accounts
import Foundation
import Store
import Vault

extension Credentials {
    /// Whether a sign-in should be refreshed.
    enum RefreshNeed: Sendable, Hashable {
        case none
        /// Soon; what is there is good for now.
        case due
        /// What is there is of no use any more.
        case overdue
    }

    /// What stands in the way of a refresh, or what is to be spent.
    enum RefreshClaim: Sendable {
        /// This process has it: the token is to be spent, once.
        case spend(RefreshTicket)
        /// Somebody has refreshed it meanwhile, or it needs none.
        case settled
        /// Another process is at it.
        case wait
        /// It can't be refreshed: a sentence.
        case impossible(String)
    }

    /// The right to spend a refresh token, recorded before it is spent.
    struct RefreshTicket: Sendable {
        var credential: Credential
        var token: Secret
        /// Whether the provider had refused the access token, which was not due yet.
        var isAfterRefusal: Bool
    }

    /// How long one attempt may take from its record to its end. The call itself has a shorter limit.
    static let attemptLimit: Int64 = 30_000
    /// So long before its end a token may not live through a request.
    private static let margin: Int64 = 60_000
    /// How long what a refused sign-in was refreshed to is taken for good.
    private static let patience: Int64 = 300_000

    func refreshNeed(_ id: CredentialID, _ secret: Secret) -> RefreshNeed {
        guard let life = (try? AuthFile(secret))?.life(spread: Self.spread(id)) else { return .none }
        if now() >= life.endsAt - Self.margin { return .overdue }
        return now() >= life.dueAt ? .due : .none
    }

    private static func spread(_ id: CredentialID) -> Double {
        Double(id.rawValue.utf8.reduce(into: UInt32(7)) { $0 = $0 &* 31 &+ UInt32($1) } % 1_000) / 1_000
    }

    /// Records that a sign-in's refresh token is about to be spent, under the database's lock, after reading it anew.
    ///
    /// - Parameter rejected: the access token that the provider did not take; `nil` when only the time is the reason.
    /// - Throws: `StoreError`.
    func claimRefresh(_ id: CredentialID, rejecting rejected: Secret?) async throws -> RefreshClaim {
        try await store.write { transaction in
            guard let credential = try credential(id, transaction), credential.kind == .oauth else { return .settled }
            if let why = credential.failedReason { return .impossible(why) }
            let secret = try secret(of: credential, transaction)
            let file = try AuthFile(secret)
            let isStillBad = rejected.map { $0 == file.accessToken } ?? (refreshNeed(id, secret) != .none)
            // An attempt on an older version is over: somebody set another secret since.
            if let attempt = try attempt(on: id, version: credential.version, transaction) {
                if attempt.isUnderWay { return .wait }
                return .impossible(try lose(credential, Self.interruption, isRefused: rejected != nil && isStillBad, transaction))
            }
            guard isStillBad else { return .settled }
            if rejected != nil, try wasJustRenewed(id, transaction) {
                return .impossible("The provider refuses what was just refreshed as well.")
            }
            guard let token = file.refreshToken else {
                return .impossible(try giveUp(credential, "it holds no refresh token", transaction))
            }
            if let holder = try lentAsFile(id, transaction) {
                return .impossible("Session \(holder) has it as a file, and it alone may refresh it.")
            }
            try transaction.execute(
                """
                INSERT INTO refreshes (credential_id, version, attempted_at) VALUES ($1, $2, $3)
                ON CONFLICT (credential_id) DO UPDATE SET
                    version = excluded.version, attempted_at = excluded.attempted_at, is_lost = 0
                """, id, credential.version, now())
            return .spend(RefreshTicket(credential: credential, token: token, isAfterRefusal: rejected != nil))
        }
    }

    /// Takes what came of an attempt.
    ///
    /// - Returns: why there is no new token; `nil` when there is one.
    /// - Throws: `StoreError`; what was renewed is to be brought again.
    func settleRefresh(_ ticket: RefreshTicket, _ outcome: RefreshOutcome) async throws -> Unrenewed? {
        try await store.write { transaction in
            switch outcome {
            case .notNow(let why):
                try endAttempt(ticket.credential, transaction)
                return Unrenewed(why, isPassing: true)
            case .refused(let why):
                return Unrenewed(try giveUp(ticket.credential, "the provider refused to refresh it: \(why)", transaction))
            case .unknown(let why):
                let sentence = "its refresh was not answered: \(why)"
                return Unrenewed(try lose(ticket.credential, sentence, isRefused: ticket.isAfterRefusal, transaction))
            case .renewed(let tokens):
                return try accept(tokens, ticket, transaction).map { Unrenewed($0) }
            }
        }
    }

    private func accept(_ tokens: RenewedTokens, _ ticket: RefreshTicket, _ transaction: any Transaction) throws -> String? {
        try endAttempt(ticket.credential, transaction)
        guard var credential = try credential(ticket.credential.id, transaction) else {
            try accounts.record(transaction, .sam, "refresh.dropped", ticket.credential.id.rawValue, "the credential was removed")
            return "It was removed while it was refreshed."
        }
        guard credential.version == ticket.credential.version else {
            // Somebody set another secret meanwhile. What was renewed belongs to the one before, which is gone.
            try accounts.record(transaction, .sam, "refresh.dropped", credential.id.rawValue, "it was replaced meanwhile")
            try accounts.notify(
                credential.owner, .rotationDropped, credential.id.rawValue,
                "“\(credential.label)” was replaced while SAM refreshed it. The new secret holds.", in: transaction)
            return nil
        }
        let secret = try AuthFile.renewed(
            try secret(of: credential, transaction), with: tokens, at: Date(timeIntervalSince1970: Double(now()) / 1_000))
        credential.version += 1
        let refusal = try transaction.first("SELECT last_refused_at FROM credentials WHERE id = $1", credential.id)?
            .optionalInteger("last_refused_at")
        try write(NewSecret(secret, expiresAt: credential.expiresAt), credential, transaction)
        // It is the same person's sign-in still, of which they were told once.
        try transaction.execute(
            "UPDATE credentials SET last_refused_at = $1, renewed_after_refusal_at = $2 WHERE id = $3",
            refusal, ticket.isAfterRefusal ? now() : nil, credential.id)
        try accounts.record(transaction, .sam, "refresh.renewed", credential.id.rawValue, "version \(credential.version)")
        return nil
    }

    /// Whether it was refreshed a moment ago because the provider had refused it: who refuses what came of that as well would have
    /// it refreshed for ever.
    private func wasJustRenewed(_ id: CredentialID, _ transaction: any Transaction) throws -> Bool {
        let row = try transaction.first("SELECT renewed_after_refusal_at FROM credentials WHERE id = $1", id)
        guard let renewed = try row?.optionalInteger("renewed_after_refusal_at") else { return false }
        return now() < Int64(renewed) + Self.patience
    }

    /// An attempt on another version is another's.
    private func endAttempt(_ credential: Credential, _ transaction: any Transaction) throws {
        try transaction.execute(
            "DELETE FROM refreshes WHERE credential_id = $1 AND version = $2", credential.id, credential.version)
    }

    /// How far a refresh of this version is.
    enum RefreshState: Sendable, Hashable {
        case none
        /// Its token may be on its way to the provider.
        case underWay
        /// It was interrupted, and its token may be spent: a sentence.
        case givenUp(String)
    }

    /// Looks how far a refresh of a credential is, and gives one up that was interrupted.
    func refreshState(_ id: CredentialID, version: Int, _ transaction: any Transaction) throws -> RefreshState {
        guard let attempt = try attempt(on: id, version: version, transaction), let credential = try credential(id, transaction) else {
            return .none
        }
        if attempt.isUnderWay { return .underWay }
        return .givenUp(try lose(credential, Self.interruption, isRefused: false, transaction))
    }

    private func attempt(
        on id: CredentialID, version: Int, _ transaction: any Transaction
    ) throws -> (isUnderWay: Bool, isLost: Bool)? {
        let row = try transaction.first(
            "SELECT attempted_at, is_lost FROM refreshes WHERE credential_id = $1 AND version = $2", id, version)
        guard let row else { return nil }
        let isLost = try row.flag("is_lost")
        return (try !isLost && now() < Int64(row.integer("attempted_at")) + Self.attemptLimit, isLost)
    }

    private static let interruption = "SAM was interrupted while it refreshed it"

    /// A refresh of which nobody knows whether it spent its token. That is not spent again; what the sign-in can do without a new
    /// one, it goes on doing until its end.
    ///
    /// - Returns: the sentence.
    private func lose(_ credential: Credential, _ why: String, isRefused: Bool, _ transaction: any Transaction) throws -> String {
        let current = try self.credential(credential.id, transaction)
        guard !isRefused, let current, current.version == credential.version,
            let life = try AuthFile(secret(of: current, transaction)).life(spread: 0), now() < life.endsAt - Self.margin
        else { return try giveUp(credential, why, transaction) }
        let end = Date(timeIntervalSince1970: Double(life.endsAt) / 1_000).formatted(.iso8601)
        let sentence = "\(why). It works until \(end) and can't be refreshed any more. Sign in again."
        if try attempt(on: current.id, version: current.version, transaction)?.isLost != true {
            try transaction.execute(
                """
                INSERT INTO refreshes (credential_id, version, attempted_at, is_lost) VALUES ($1, $2, $3, 1)
                ON CONFLICT (credential_id) DO UPDATE SET version = excluded.version, is_lost = 1
                """, current.id, current.version, now())
            try accounts.record(transaction, .sam, "refresh.lost", current.id.rawValue, why)
            try accounts.notify(
                current.owner, .credentialFailed, current.id.rawValue,
                "The sign-in “\(current.label)” for \(current.provider.rawValue): \(sentence)", in: transaction)
        }
        return sentence
    }

    /// A sign-in that is of no use any more. Spending its token twice could end the whole family of tokens, so it is not tried.
    ///
    /// - Returns: the sentence.
    private func giveUp(_ credential: Credential, _ why: String, _ transaction: any Transaction) throws -> String {
        try endAttempt(credential, transaction)
        // Of a secret that took its place meanwhile nothing is known.
        if let current = try self.credential(credential.id, transaction), current.version == credential.version {
            try fail(current, "\(why). Sign in again.", transaction)
        }
        return "It can't be used any more: \(why). Sign in again."
    }

    /// The session that has the sign-in as a file now.
    private func lentAsFile(_ id: CredentialID, _ transaction: any Transaction) throws -> String? {
        try transaction.first(
            "SELECT session_id FROM pins WHERE credential_id = $1 AND mode = 'materialised' AND settled_at IS NULL", id
        )?.text("session_id")
    }
}
