/// Schedules name lookups: limits them in total and per holder, and runs each name once at a time.
///
/// A pure state machine: it performs no I/O.
struct LookupQueue {
    /// A name to look up.
    struct Name: Hashable, Sendable {
        var host: String
        var isVersion6: Bool
    }

    /// The result of a request for a lookup.
    enum Verdict: Sendable, Equatable {
        case start
        /// The lookup is already running or queued.
        case wait
        case refused
    }

    /// The maximum number of waiting names per holder.
    static let waitingLimit = 256

    private let atOnce: Int
    private let ofHolder: Int
    private var running: [Name: String] = [:]
    private var runningOf: [String: Int] = [:]
    /// The waiting names of each holder, in order.
    private var waiting: [String: [Name]] = [:]
    /// The waiting holders, in the order of their turns.
    private var turns: [String] = []

    init(atOnce: Int) {
        self.atOnce = atOnce
        ofHolder = max(atOnce / 8, 2)
    }

    /// Requests a lookup of a name.
    mutating func ask(_ name: Name, for holder: String) -> Verdict {
        if running[name] != nil { return .wait }
        if waiting[holder]?.contains(name) == true { return .wait }
        guard hasRoom(holder) else {
            guard waiting[holder, default: []].count < Self.waitingLimit else { return .refused }
            if waiting[holder, default: []].isEmpty { turns.append(holder) }
            waiting[holder, default: []].append(name)
            return .wait
        }
        start(name, holder)
        return .start
    }

    /// Ends a lookup.
    ///
    /// - Returns: the names whose lookups start now.
    mutating func end(_ name: Name) -> [Name] {
        guard let holder = running.removeValue(forKey: name) else { return [] }
        runningOf[holder] = (runningOf[holder] ?? 0) > 1 ? (runningOf[holder] ?? 0) - 1 : nil
        var begun: [Name] = []
        while let index = turns.firstIndex(where: hasRoom) {
            let next = turns.remove(at: index)
            var names = waiting.removeValue(forKey: next) ?? []
            // Skip names that another holder is already looking up; all waiters share that result.
            while let name = names.first {
                names.removeFirst()
                guard running[name] == nil else { continue }
                start(name, next)
                begun.append(name)
                break
            }
            guard !names.isEmpty else { continue }
            waiting[next] = names
            turns.append(next)
        }
        return begun
    }

    private func hasRoom(_ holder: String) -> Bool { running.count < atOnce && (runningOf[holder] ?? 0) < ofHolder }

    private mutating func start(_ name: Name, _ holder: String) {
        running[name] = holder
        runningOf[holder, default: 0] += 1
    }
}
