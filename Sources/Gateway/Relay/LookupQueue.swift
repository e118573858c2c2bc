/// Which names are looked up now and which wait: so many at once, so many of each who asks, and each name once.
///
/// It takes what happens and tells what follows and touches nothing.
struct LookupQueue {
    /// A name to look up.
    struct Name: Hashable, Sendable {
        var host: String
        var isVersion6: Bool
    }

    /// What comes of a wish.
    enum Verdict: Sendable, Equatable {
        case start
        /// It is looked up already, or its turn comes.
        case wait
        case refused
    }

    /// The most that one who asks has waiting.
    static let waitingLimit = 256

    private let atOnce: Int
    private let ofHolder: Int
    private var running: [Name: String] = [:]
    private var runningOf: [String: Int] = [:]
    /// Who waits for which names, each in their order.
    private var waiting: [String: [Name]] = [:]
    /// Those who wait, in the order in which their turn comes.
    private var turns: [String] = []

    init(atOnce: Int) {
        self.atOnce = atOnce
        ofHolder = max(atOnce / 8, 2)
    }

    /// Somebody wants to know a name's addresses.
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

    /// A look-up is over.
    ///
    /// - Returns: those that begin for it.
    mutating func end(_ name: Name) -> [Name] {
        guard let holder = running.removeValue(forKey: name) else { return [] }
        runningOf[holder] = (runningOf[holder] ?? 0) > 1 ? (runningOf[holder] ?? 0) - 1 : nil
        var begun: [Name] = []
        while let index = turns.firstIndex(where: hasRoom) {
            let next = turns.remove(at: index)
            var names = waiting.removeValue(forKey: next) ?? []
            // Somebody else may have it looked up already; who waits for it hears of that.
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
