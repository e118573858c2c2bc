import AgentProtocol

/// The turns that run: one of a person's at most, and one at most that the program began by itself.
///
/// Both can be open at once: a prompt that is written during a turn of the program's own waits for its end, or is taken into it.
struct ClaudeTurns: Hashable {
    /// A turn that a person's prompt began.
    struct Person: Hashable {
        /// How far the program is with the prompt.
        enum Stage: Hashable {
            case written, begun
        }

        var prompt: PromptID
        /// By which the program tells how far it is.
        var uuid: String
        var stage = Stage.written
        var isCancelled = false
        /// The program answers it within the turn of its own that runs, whose result is this turn's as well.
        var isWithinFollowUp = false
        /// Its end, which is told only when it is known whether another turn follows at once.
        var end: TurnEnd?

        init(prompt: PromptID) {
            self.prompt = prompt
            uuid = PromptUUID.text(for: prompt)
        }
    }

    /// A turn that the program began by itself.
    struct FollowUp: Hashable {
        /// What caused it.
        var prompt: PromptID
        var isCancelled = false
        /// As in ``Person/end``.
        var end: TurnEnd?
    }

    var person: Person?
    var followUp: FollowUp?
    /// The newest prompt.
    var lastPrompt: PromptID?
    /// Everything is to be stopped, until a person writes again.
    var isStopping = false
    /// Whether the program tells how far it is with a prompt. An old one does not.
    var tellsProgress = false
    /// Whether the program tells when it is idle.
    var tellsState = false

    /// The prompt whose turn begins what begins now.
    var cause: PromptID? {
        if let person, person.end == nil, person.stage == .begun || !tellsProgress { return person.prompt }
        return followUp?.prompt ?? lastPrompt
    }
}

/// The id by which Claude Code knows a prompt. It keeps it with the conversation, so that no two sessions may have the same.
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
