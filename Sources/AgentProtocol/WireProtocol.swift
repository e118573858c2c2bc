/// The protocols that SAM has a driver for.
public enum WireProtocol: String, Sendable, Codable, CaseIterable {
    /// The Agent Client Protocol, version 1.
    case acp
    /// Claude Code's stream-json in both directions, with its control messages.
    case claudeStreamJSON = "claude-stream-json"
    /// Codex's app-server.
    case codexAppServer = "codex-app-server"
    /// No protocol: a program that answers one prompt, which is in its arguments, and exits. `sam-runner once` speaks ACP for it.
    case oneShot = "one-shot"
}
