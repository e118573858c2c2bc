import AgentProtocol

/// The running turns: at most one of a person and at most one that the program started by itself.
///
/// Both can be open at once: a prompt written during the program's own turn waits for its end or is merged into it.
struct ClaudeTurns: Hashable {
    /// A turn that a person's prompt started.
    struct Person: Hashable {
        /// The program's progress with the prompt.
        enum Stage: Hashable {
            case written, begun
        }

        var prompt: PromptID
        /// The id by which the program reports its progress.
        var uuid: String
        var stage = Stage.written
        var isCancelled = false
        /// Whether the program answers the prompt within its own running turn, whose result then counts for this turn too.
        var isWithinFollowUp = false
        /// Its end, emitted only when it is known whether another turn follows at once.
        var end: TurnEnd?

        init(prompt: PromptID) {
            self.prompt = prompt
            uuid = PromptUUID.text(for: prompt)
        }
    }

    /// A turn that the program started by itself.
    struct FollowUp: Hashable {
        /// The prompt that caused it.
        var prompt: PromptID
        var isCancelled = false
        /// As in ``Person/end``.
        var end: TurnEnd?
    }

    var person: Person?
    var followUp: FollowUp?
    /// The newest prompt.
    var lastPrompt: PromptID?
    /// Whether everything is to be stopped, until a person's next prompt.
    var isStopping = false
    /// Whether the program reports its progress with prompts. Old versions do not.
    var tellsProgress = false
    /// Whether the program reports when it is idle.
    var tellsState = false

    /// The prompt to which work that starts now is attributed.
    var cause: PromptID? {
        if let person, person.end == nil, person.stage == .begun || !tellsProgress { return person.prompt }
        return followUp?.prompt ?? lastPrompt
    }
}

/// Claude Code's id for a prompt. It is stored with the conversation, so two sessions must not share one.
enum PromptUUID {
    static func text(for prompt: PromptID) -> String {
        let halves = [0xcbf2_9ce4_8422_2325, 0x6c62_272e_07bb_0142] as [UInt64]
        var bytes: [UInt8] = []
        for start in halves {
            let hash = prompt.rawValue.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) }
        }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
        return groups.map { digits[$0].joined() }.joined(separator: "-")
    }
}
