/// The protocols that SAM has a driver for.
public enum WireProtocol: String, Sendable, Codable, CaseIterable {
    /// The Agent Client Protocol, version 1.
    case acp
    /// Claude Code's lines of JSON in both directions, with its control messages.
    case claudeStreamJSON = "claude-stream-json"
    /// Codex's app-server.
    case codexAppServer = "codex-app-server"
    /// None: a program that answers one prompt, which stands in its arguments, and ends. `sam-runner once` speaks for it.
    case oneShot = "one-shot"
}
