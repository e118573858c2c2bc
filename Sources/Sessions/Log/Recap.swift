import AgentProtocol

/// A short account of a session, for an agent that continues it without its conversation.
enum Recap {
    /// The target length of a recap, in characters.
    static let limit = 12_000
    private static let partLimit = 3_000

    /// Renders a log as a recap.
    static func text(of events: [SessionEvent], task: String) -> String {
        var parts: [(speaker: String, text: String)] = []
        var last: String?
        var changes: Set<String> = []
        // Texts as they were at delivery: an edited prompt has two texts, and a withdrawn one was never delivered.
        var prompts: [String: String] = [:]
        for event in events {
            switch event.kind {
            case "prompt":
                guard let id = event.payload["id"]?.string else { break }
                if let text = event.payload["text"]?.string { prompts[id] = text }
                guard event.payload["state"]?.string == PromptState.delivered.rawValue, let text = prompts[id] else { break }
                parts.append(("A person wrote", text))
                last = nil
            case "message":
                guard let chunk = try? event.payload.decoded(as: MessageChunk.self), chunk.role == .agent, chunk.parent == nil else {
                    break
                }
                if last == chunk.id, !parts.isEmpty {
                    parts[parts.count - 1].text += chunk.text
                } else {
                    parts.append(("You said", chunk.text))
                    last = chunk.id
                }
            case "toolCall":
                last = nil
                guard let call = try? event.payload.decoded(as: ToolCall.self), call.kind == "edit" else { break }
                changes.formUnion((call.locations ?? []).map(\.path))
            default: break
            }
        }
        let told = parts.map { "\($0.speaker): \(shortened($0.text.trimmed))" }
        // The end matters most, and the beginning says what the session is about.
        var kept: [String] = []
        var length = 0
        for line in told.dropFirst().reversed() {
            length += line.count
            guard length < limit - partLimit else {
                kept.append("(Some of it is left out.)")
                break
            }
            kept.append(line)
        }
        let lines =
            ["This continues your earlier work, of which you may have no memory. Its task was: \(task)"]
            + told.prefix(1) + kept.reversed()
            + (changes.isEmpty ? [] : ["Files that you changed: \(changes.sorted().prefix(50).joined(separator: ", "))"])
            + ["All of that work is in the workspace, committed. What follows is what to do now:"]
        return lines.joined(separator: "\n\n")
    }

    private static func shortened(_ text: String) -> String {
        guard text.count > partLimit else { return text }
        return "\(text.prefix(partLimit * 2 / 3)) … \(text.suffix(partLimit / 3))"
    }
}

extension String {
    fileprivate var trimmed: String { trimmingPrefix(while: \.isWhitespace).description }
}
