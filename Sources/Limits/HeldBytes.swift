import Foundation
import Synchronization

/// How much is held of requests' bodies in memory, by whom and in all. Safe to share.
public final class HeldBytes: Sendable {
    private struct State {
        var total = 0
        var of: [String: Int] = [:]
    }

    /// In all.
    public let limit: Int
    /// By one session, person or key.
    public let limitOfHolder: Int
    private let state = Mutex(State())

    /// Makes an empty book.
    public init(limit: Int, limitOfHolder: Int = HeldBytes.standardOfHolder) {
        self.limit = limit
        self.limitOfHolder = limitOfHolder
    }

    /// As much as the largest request that a provider takes, twice.
    public static let standardOfHolder = 96 << 20

    /// An eighth of a machine's memory, and enough for the largest batch of a runner's in any case.
    public static func share(of memory: UInt64 = ProcessInfo.processInfo.physicalMemory) -> Int {
        min(max(Int(clamping: memory / 8), 192 << 20), 1 << 30)
    }

    /// What is held now.
    public var total: Int { state.withLock { $0.total } }

    /// Begins to hold something for somebody.
    ///
    /// - Parameter limit: the most that this holder may have, where it is not the usual.
    public func hold(for holder: String, limit: Int? = nil) -> Hold { Hold(self, holder, limit ?? limitOfHolder) }

    fileprivate func take(_ count: Int, _ holder: String, _ limitOfHolder: Int) -> Bool {
        state.withLock { state in
            let own = state.of[holder] ?? 0
            guard count <= limitOfHolder - own, count <= limit - state.total else { return false }
            state.total += count
            state.of[holder] = own + count
            return true
        }
    }

    fileprivate func give(_ count: Int, _ holder: String) {
        state.withLock { state in
            state.total -= count
            let rest = (state.of[holder] ?? 0) - count
            state.of[holder] = rest > 0 ? rest : nil
        }
    }
}

/// What is held of one request, until it is given up or forgotten.
public final class Hold: Sendable {
    private let held: HeldBytes
    private let holder: String
    private let limit: Int
    private let count = Mutex(0)

    fileprivate init(_ held: HeldBytes, _ holder: String, _ limit: Int) {
        self.held = held
        self.holder = holder
        self.limit = limit
    }

    /// Holds more.
    ///
    /// - Returns: whether there is room for it; where not, nothing has changed.
    public func add(_ bytes: Int) -> Bool {
        guard held.take(bytes, holder, limit) else { return false }
        count.withLock { $0 += bytes }
        return true
    }

    /// Holds nothing any more.
    public func end() {
        let bytes = count.withLock { count in
            defer { count = 0 }
            return count
        }
        if bytes > 0 { held.give(bytes, holder) }
    }

    deinit { end() }
}
