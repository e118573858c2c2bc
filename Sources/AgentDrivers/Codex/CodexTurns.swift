import AgentProtocol

/// The turns of the main thread: what was handed over, what waits for that, and what Codex began by itself.
///
/// A second `turn/start` while a turn runs would take the place of the rest of its answer, so one at a time is handed over.
struct CodexTurns: Sendable, Hashable {
    /// Something that the main thread is to answer.
    struct Handed: Hashable {
        var prompt: PromptID
        var input: JSONValue
        /// Answers to a question that the agent did not wait for, and not a person's prompt.
        var isFollowUp = false
        /// Its turn's id at Codex; `nil` until it was told.
        var id: String?
        /// It is to be stopped as soon as it has an id.
        var isCancelled = false
    }

    /// A turn that Codex began by itself, as it does while it pursues a goal.
    struct Own: Hashable {
        var id: String
        /// `nil` where there was no prompt before it.
        var prompt: PromptID?
        /// How it ended, where that came before it was known whose it was.
        fileprivate var ending: Ending?
    }

    struct Ending: Hashable {
        /// In the words of ``TurnEnd``.
        var reason: String
        var error: String?
    }

    /// What a person is to know.
    enum Event: Hashable {
        case began(Own)
        case ended(Own, Ending)
        case answered(Handed, Ending)
    }

    private struct Root: Hashable {
        var id: String
        var prompt: PromptID
    }

    /// What was handed over and is not answered yet.
    private(set) var running: Handed?
    private(set) var own: Own?
    /// The turns that began before Codex said which one is the one that was handed over, oldest first. Some may have ended.
    private var unclaimed: [Own] = []
    private(set) var waiting: [Handed] = []
    private var lastPrompt: PromptID?
    /// Whose turns those were that others go back to, oldest first.
    private var roots: [Root] = []
    private static let rootLimit = 100
    private static let unclaimedLimit = 16

    /// Whether a person's prompt is answered, or waits to be.
    var hasPrompt: Bool { running?.isFollowUp == false || waiting.contains { !$0.isFollowUp } }
    var isBusy: Bool { running != nil || own != nil || !waiting.isEmpty }
    /// The ids of the turns that run.
    var ids: [String] { [running?.id, own?.id].compactMap(\.self) + unclaimed.filter { $0.ending == nil }.map(\.id) }

    /// A turn of which no prompt can be told is known as work beside.
    var tasks: [BackgroundWork.Task] {
        guard let own, own.prompt == nil else { return [] }
        return [BackgroundWork.Task(id: own.id, kind: .agent, title: "Goes on with what it did before")]
    }

    mutating func take(_ handed: Handed) {
        if !handed.isFollowUp { lastPrompt = handed.prompt }
        waiting.append(handed)
    }

    /// What can be handed over now.
    mutating func next() -> Handed? {
        guard running == nil, own == nil, !waiting.isEmpty else { return nil }
        running = waiting.removeFirst()
        return running
    }

    /// Takes out what waits.
    mutating func dropWaiting() -> [Handed] {
        defer { waiting = [] }
        return waiting
    }

    /// What was handed over is to stop.
    mutating func cancel() { running?.isCancelled = true }

    /// Codex has taken what was handed over, as a turn of this id.
    mutating func accepted(_ id: String) -> [Event] {
        guard var handed = running, handed.id == nil else { return [] }
        handed.id = id
        running = handed
        if !handed.isFollowUp { roots = (roots + [Root(id: id, prompt: handed.prompt)]).suffix(Self.rootLimit) }
        return claim(id, for: handed)
    }

    /// Codex has refused what was handed over.
    mutating func refused(_ error: String) -> [Event] {
        guard let handed = running, handed.id == nil else { return [] }
        running = nil
        let ending = handed.isCancelled ? Ending(reason: "cancelled") : Ending(reason: "error", error: error)
        return claim(nil, for: handed) + [.answered(handed, ending)]
    }

    /// It is known which turn answers what was handed over. The others Codex began by itself.
    private mutating func claim(_ id: String?, for handed: Handed) -> [Event] {
        let begun = unclaimed
        unclaimed = []
        var events: [Event] = []
        for turn in begun {
            if turn.id != id {
                events += disclaim(turn)
            } else if let ending = turn.ending {
                running = nil
                events.append(.answered(handed, ending))
            }
        }
        return events
    }

    private mutating func disclaim(_ turn: Own) -> [Event] {
        guard let ending = turn.ending else { return begin(turn) }
        return [.began(turn), .ended(turn, ending)]
    }

    private mutating func begin(_ turn: Own) -> [Event] {
        // Two at once have not been seen. One of them would never be told to have ended.
        defer { own = turn }
        return (own.map { [.ended($0, Ending(reason: "end_turn"))] } ?? []) + [.began(turn)]
    }

    /// A turn began.
    ///
    /// - Parameter root: the turn that it goes back to.
    mutating func began(_ id: String, root: String?) -> [Event] {
        guard !ids.contains(id), !unclaimed.contains(where: { $0.id == id }) else { return [] }
        let begun = Own(id: id, prompt: root.flatMap(prompt) ?? lastPrompt)
        guard let running, running.id == nil else { return begin(begun) }
        unclaimed.append(begun)
        guard unclaimed.count > Self.unclaimedLimit else { return [] }
        var oldest = unclaimed.removeFirst()
        oldest.ending = oldest.ending ?? Ending(reason: "end_turn")
        return disclaim(oldest)
    }

    /// A turn ended.
    mutating func ended(_ id: String, _ ending: Ending) -> [Event] {
        if let running, running.id == id {
            self.running = nil
            return [.answered(running, ending)]
        }
        if let own, own.id == id {
            self.own = nil
            return [.ended(own, ending)]
        }
        if let place = unclaimed.firstIndex(where: { $0.id == id && $0.ending == nil }) { unclaimed[place].ending = ending }
        return []
    }

    /// The prompt from which a turn comes, or else the last one.
    func origin(of turn: String?) -> PromptID? { turn.flatMap(prompt) ?? lastPrompt }

    private func prompt(_ turn: String) -> PromptID? {
        if running?.id == turn { return running?.prompt }
        if own?.id == turn { return own?.prompt }
        return roots.last { $0.id == turn }?.prompt
    }
}
