import AgentProtocol

/// The turns of the main thread: the input handed over, the input that waits, and the turns that Codex started by itself.
///
/// Inputs are handed over one at a time: a second `turn/start` would replace the rest of the running turn's answer.
struct CodexTurns: Sendable, Hashable {
    /// An input for the main thread.
    struct Handed: Hashable {
        var prompt: PromptID
        var input: JSONValue
        /// Whether it answers a question that the agent did not wait for, and is no prompt.
        var isFollowUp = false
        /// Codex's id of its turn; `nil` until it is known.
        var id: String?
        /// Whether to stop it as soon as it has an id.
        var isCancelled = false
    }

    /// A turn that Codex started by itself, as it does while it pursues a goal.
    struct Own: Hashable {
        var id: String
        /// The prompt that it is attributed to; `nil` if there was none before.
        var prompt: PromptID?
        /// Its ending, if it ended before it was known which turn was handed over.
        fileprivate var ending: Ending?
    }

    struct Ending: Hashable {
        /// A stop reason of ``TurnEnd``.
        var reason: String
        var error: String?
    }

    /// An event to emit.
    enum Event: Hashable {
        case began(Own)
        case ended(Own, Ending)
        case answered(Handed, Ending)
    }

    private struct Root: Hashable {
        var id: String
        var prompt: PromptID
    }

    /// The input that was handed over and is not answered yet.
    private(set) var running: Handed?
    private(set) var own: Own?
    /// The turns that started before Codex named the handed-over one, oldest first. Some may have ended.
    private var unclaimed: [Own] = []
    private(set) var waiting: [Handed] = []
    private var lastPrompt: PromptID?
    /// The turns of prompts, which later turns name as their root, oldest first.
    private var roots: [Root] = []
    private static let rootLimit = 100
    private static let unclaimedLimit = 16

    /// Whether a person's prompt is being answered or waits.
    var hasPrompt: Bool { running?.isFollowUp == false || waiting.contains { !$0.isFollowUp } }
    var isBusy: Bool { running != nil || own != nil || !waiting.isEmpty }
    /// The ids of the running turns.
    var ids: [String] { [running?.id, own?.id].compactMap(\.self) + unclaimed.filter { $0.ending == nil }.map(\.id) }

    /// A turn without a known prompt is shown as background work.
    var tasks: [BackgroundWork.Task] {
        guard let own, own.prompt == nil else { return [] }
        return [BackgroundWork.Task(id: own.id, kind: .agent, title: "Continues its earlier work")]
    }

    mutating func take(_ handed: Handed) {
        if !handed.isFollowUp { lastPrompt = handed.prompt }
        waiting.append(handed)
    }

    /// Takes the next waiting input, if no turn runs.
    mutating func next() -> Handed? {
        guard running == nil, own == nil, !waiting.isEmpty else { return nil }
        running = waiting.removeFirst()
        return running
    }

    /// Removes and returns the waiting inputs.
    mutating func dropWaiting() -> [Handed] {
        defer { waiting = [] }
        return waiting
    }

    /// Marks the running input to be stopped.
    mutating func cancel() { running?.isCancelled = true }

    /// Codex accepted the input as the turn with this id.
    mutating func accepted(_ id: String) -> [Event] {
        guard var handed = running, handed.id == nil else { return [] }
        handed.id = id
        running = handed
        if !handed.isFollowUp { roots = (roots + [Root(id: id, prompt: handed.prompt)]).suffix(Self.rootLimit) }
        return claim(id, for: handed)
    }

    /// Codex refused the input.
    mutating func refused(_ error: String) -> [Event] {
        guard let handed = running, handed.id == nil else { return [] }
        running = nil
        let ending = handed.isCancelled ? Ending(reason: "cancelled") : Ending(reason: "error", error: error)
        return claim(nil, for: handed) + [.answered(handed, ending)]
    }

    /// Resolves the unclaimed turns, once it is known which one answers the input. Codex started the others by itself.
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
        // Two at once have not been observed. The earlier one ends here, because its end could no longer be emitted.
        defer { own = turn }
        return (own.map { [.ended($0, Ending(reason: "end_turn"))] } ?? []) + [.began(turn)]
    }

    /// Handles the start of a turn.
    ///
    /// - Parameter root: the turn that it derives from.
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

    /// Handles the end of a turn.
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

    /// The prompt that a turn derives from, else the last prompt.
    func origin(of turn: String?) -> PromptID? { turn.flatMap(prompt) ?? lastPrompt }

    private func prompt(_ turn: String) -> PromptID? {
        if running?.id == turn { return running?.prompt }
        if own?.id == turn { return own?.prompt }
        return roots.last { $0.id == turn }?.prompt
    }
}
