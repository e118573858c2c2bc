import Credentials
import Foundation
import Synchronization
import Vault

/// A provider's token endpoint. Its refresh tokens are good once; one that comes a second time ends the whole family.
actor TokenFamily {
    /// A point of a call at which the test can hold it.
    enum Stage: Hashable, Sendable {
        /// The request has come, and nothing is spent.
        case before
        /// The token is spent and new ones are made, but not told.
        case after
    }

    /// How it answers.
    enum Answer: Sendable {
        case tokens
        /// Only an access token.
        case accessTokenOnly
        case refusal
        /// It is not reached: nothing is spent.
        case notNow
        /// The token is spent, and the answer gets lost.
        case lost
    }

    private let clock: TestClock
    private(set) var calls = 0
    /// Whether a spent token came again.
    private(set) var isRevoked = false
    /// Whether a call was told to end before it was answered.
    private(set) var wasCancelled = false
    /// What it gave out last.
    private(set) var newest = SignIn(access: "", refresh: "")
    /// Every token that it ever gave out.
    private(set) var secrets: [String] = []
    private var good: Set<String> = []
    private var spent: Set<String> = []
    private var answer = Answer.tokens
    private var held: Set<Stage> = []
    private var waiting: [(stage: Stage, go: CheckedContinuation<Void, Never>)] = []

    init(_ clock: TestClock) {
        self.clock = clock
    }

    nonisolated var endpoint: TokenEndpoint {
        TokenEndpoint { _, token in await self.refresh(token) }
    }

    /// A person signs in: new tokens, of which the access token is that many seconds old.
    @discardableResult
    func signIn(age: Int64 = 0) -> SignIn {
        let begin = clock.now / 1_000 - age
        let claims = #"{"iat":\#(begin),"exp":\#(begin + SignIn.life),"jti":"\#(secrets.count)"}"#
        newest = SignIn(access: SignIn.token(claims: claims), refresh: "rt_\(UUID().uuidString)")
        secrets += [newest.access, newest.refresh]
        good.insert(newest.refresh)
        return newest
    }

    // MARK: - What the test does

    func answering(_ answer: Answer) { self.answer = answer }

    func hold(_ stage: Stage) { held.insert(stage) }

    func isHeld(at stage: Stage) -> Bool { waiting.contains { $0.stage == stage } }

    /// Lets everything go on.
    func letGo() {
        held = []
        for (_, go) in waiting { go.resume() }
        waiting = []
    }

    // MARK: - The call

    private func refresh(_ token: Secret) async -> RefreshOutcome {
        calls += 1
        await pass(.before)
        wasCancelled = wasCancelled || Task.isCancelled
        switch answer {
        case .notNow: return .notNow("The provider can't be reached.")
        case .refusal: return .refused("invalid_grant")
        case .tokens, .accessTokenOnly, .lost: break
        }
        let token = token.reveal()
        guard good.remove(token) != nil else {
            if spent.contains(token) {
                isRevoked = true
                good = []
            }
            return .refused("refresh_token_reused")
        }
        let new = signIn()
        if case .accessTokenOnly = answer {
            good = [token]
        } else {
            spent.insert(token)
        }
        await pass(.after)
        switch answer {
        case .lost: return .unknown("the connection broke off")
        case .accessTokenOnly: return .renewed(RenewedTokens(access: Secret(new.access)))
        default: return .renewed(RenewedTokens(access: Secret(new.access), refresh: Secret(new.refresh)))
        }
    }

    private func pass(_ stage: Stage) async {
        guard held.contains(stage) else { return }
        await withCheckedContinuation { waiting.append((stage, $0)) }
    }
}

/// A pair of tokens, as a person gets it by signing in.
struct SignIn: Sendable {
    /// How long an access token lives, in seconds: ten hours.
    static let life: Int64 = 36_000

    var access: String
    var refresh: String

    /// The file that Codex keeps it in, with fields that SAM knows nothing of.
    var file: String {
        """
        {
          "auth_mode": "chatgpt", "OPENAI_API_KEY": null, "agent_identity": {"of": ["somebody", 7, true]},
          "tokens": {"access_token": "\(access)", "refresh_token": "\(refresh)", "account_id": "acct_1", "extra": "stays"},
          "last_refresh": "2023-01-01T00:00:00Z"
        }
        """
    }

    /// A token that says this of itself, signed by nobody.
    static func token(claims: String) -> String {
        let noise = Data((0..<32).map { _ in UInt8.random(in: 0 ... .max) })
        return [Data(#"{"alg":"RS256","typ":"JWT"}"#.utf8), Data(claims.utf8), noise].map { part in
            part.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }.joined(separator: ".")
    }
}

/// A clock that goes on when a test says so.
final class TestClock: Sendable {
    private let time: Mutex<Int64>

    init(_ time: Int64) {
        self.time = Mutex(time)
    }

    /// UTC milliseconds.
    var now: Int64 { time.withLock { $0 } }

    func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds } }

    func advance(seconds: Int64) { advance(milliseconds: seconds * 1_000) }
}
