import Foundation
import Synchronization

/// The memory that requests' bodies and their answers take, per holder, per person with all their sessions, and in total. Thread-safe.
public final class HeldBytes: Sendable {
    private struct State {
        var total = 0
        var of: [String: Int] = [:]
        var ofPeople: [String: Int] = [:]
    }

    /// The limit in total, in bytes.
    public let limit: Int
    /// The limit of one session or person, in bytes.
    public let limitOfHolder: Int
    /// The limit of all sessions of one person together, in bytes.
    public let limitOfPerson: Int
    private let person: @Sendable (String) -> String?
    private let state = Mutex(State())

    /// Creates an empty account.
    ///
    /// - Parameters:
    ///   - limit: the limit in total, in bytes.
    ///   - limitOfHolder: the limit of one session or person, in bytes.
    ///   - person: whose session a holder is; `nil` for a holder that is none.
    public init(
        limit: Int, limitOfHolder: Int = HeldBytes.standardOfHolder, person: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.limit = limit
        self.limitOfHolder = limitOfHolder
        limitOfPerson = limit / 4 * 3
        self.person = person
    }

    /// Twice the largest request that a provider accepts, in bytes.
    public static let standardOfHolder = 96 << 20

    /// An eighth of the machine's memory, at least 192 MiB (enough for a runner's largest batch) and at most 1 GiB.
    public static func share(of memory: UInt64 = ProcessInfo.processInfo.physicalMemory) -> Int {
        min(max(Int(clamping: memory / 8), 192 << 20), 1 << 30)
    }

    /// The bytes in use.
    public var total: Int { state.withLock { $0.total } }

    /// Starts to account for a request of a holder.
    ///
    /// - Parameter limit: this holder's limit, if it is not the usual one.
    public func hold(for holder: String, limit: Int? = nil) -> Hold { Hold(self, holder, of: person(holder), limit ?? limitOfHolder) }

    fileprivate func take(_ count: Int, _ holder: String, _ person: String?, _ limitOfHolder: Int) -> Bool {
        state.withLock { state in
            let own = state.of[holder] ?? 0
            guard count <= limitOfHolder - own, count <= limit - state.total else { return false }
            if let person {
                let theirs = state.ofPeople[person] ?? 0
                guard count <= limitOfPerson - theirs else { return false }
                state.ofPeople[person] = theirs + count
            }
            state.total += count
            state.of[holder] = own + count
            return true
        }
    }

    fileprivate func give(_ count: Int, _ holder: String, _ person: String?) {
        state.withLock { state in
            state.total -= count
            state.of.lower(holder, by: count)
            if let person { state.ofPeople.lower(person, by: count) }
        }
    }
}

/// The memory of one request, which is released by ``end()`` or deinitialisation.
public final class Hold: Sendable {
    private let held: HeldBytes
    private let holder: String
    private let person: String?
    private let limit: Int
    private let count = Mutex(0)

    fileprivate init(_ held: HeldBytes, _ holder: String, of person: String?, _ limit: Int) {
        self.held = held
        self.holder = holder
        self.person = person
        self.limit = limit
    }

    /// Adds bytes.
    ///
    /// - Returns: whether they fit within the limits; if not, nothing changes.
    public func add(_ bytes: Int) -> Bool {
        guard held.take(bytes, holder, person, limit) else { return false }
        count.withLock { $0 += bytes }
        return true
    }

    /// The bytes that it accounts for.
    public var bytes: Int { count.withLock { $0 } }

    /// Adds bytes, and waits a while for others to release theirs.
    ///
    /// - Returns: whether they fit within the limits; if not, nothing changes.
    /// - Throws: `CancellationError`.
    public func add(_ bytes: Int, within time: Duration) async throws -> Bool {
        let end = ContinuousClock.now + time
        var pause = Duration.milliseconds(10)
        while !add(bytes) {
            guard ContinuousClock.now < end else { return false }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(320))
        }
        return true
    }

    /// Accounts for this many bytes in place of those so far.
    ///
    /// - Returns: whether they fit within the limits; if not, nothing changes.
    public func set(_ bytes: Int) -> Bool {
        let more = bytes - self.bytes
        guard more < 0 else { return add(more) }
        count.withLock { $0 += more }
        held.give(-more, holder, person)
        return true
    }

    /// Releases all bytes.
    public func end() {
        let bytes = count.withLock { count in
            defer { count = 0 }
            return count
        }
        if bytes > 0 { held.give(bytes, holder, person) }
    }

    deinit { end() }
}
