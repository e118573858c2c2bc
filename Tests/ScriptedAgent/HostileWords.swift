import AgentProtocol

/// What an agent says that wants to rewrite its reader's terminal.
enum HostileWords {
    /// The clipboard by OSC 52, a window's title by C1, a cleared screen by CSI in both forms, an override, isolates, what can't be seen, a
    /// tag, blanks that look like none, backspaces, an overwritten line, a line of SAM's own; and words that are harmless.
    static let attack =
        "x\u{1b}]52;c;cm0=\u{7}\u{9d}0;own\u{9c}\u{1b}[2J\u{9b}2J\u{202e}\u{2066}\u{200b}\u{200d}\u{e0041}\u{3164}\u{2028}\u{8}\u{8}\r\u{85}"
        + "Größe 漢字 مرحبا 👩‍💻"

    /// All of it, in each kind of update.
    static var updates: [ACP.Update] {
        var nameless = ACP.Update(ACP.Update.toolCallUpdate)
        nameless.toolCallId = "nameless " + attack
        nameless.status = "in_progress"
        var call = ACP.Update(ACP.Update.toolCall)
        call.toolCallId = "call"
        call.title = attack + "\n● completed  0.1 s"
        call.kind = attack
        call.status = "pending"
        call.locations = [ACP.Location(path: attack)]
        var failed = ACP.Update(ACP.Update.toolCallUpdate)
        failed.toolCallId = "call"
        failed.status = "failed"
        var unknown = ACP.Update("unknown " + attack)
        unknown.title = attack
        var thought = ACP.Update(ACP.Update.thoughtChunk)
        thought.messageId = "thought"
        thought.content = .object(["type": "text", "text": .string(attack)])
        return [
            nameless, call, failed, unknown, thought, .message(attack + "\n", id: attack),
            .plan([ACP.PlanEntry(content: attack, priority: attack, status: "pending")]),
        ]
    }
}
