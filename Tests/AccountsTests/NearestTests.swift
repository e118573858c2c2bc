import Accounts
import Testing

@Suite("Suggestions for an unknown word")
struct NearestTests {
    private static let words = ["scout", "claude-code", "codex", "gemini-cli", "anthropic", "openai", "sessions.limit"]

    @Test(
        "A word that is nearly one is taken for it",
        arguments: [
            ("scuot", "scout"), ("scot", "scout"), ("Scout", "scout"), ("scouts", "scout"), ("cladue-code", "claude-code"),
            ("claude_code", "claude-code"), ("codx", "codex"), ("antropic", "anthropic"), ("opneai", "openai"),
            ("session.limit", "sessions.limit"), ("sessions.limits", "sessions.limit"),
        ])
    func near(_ typed: String, _ meant: String) {
        #expect(Nearest.word(to: typed, among: Self.words) == meant)
        #expect(Nearest.hint(for: typed, among: Self.words) == " Did you mean “\(meant)”?")
    }

    @Test(
        "What is near to none is taken for none",
        arguments: ["", " ", "x", "vim", "claude", "mistral", String(repeating: "scout", count: 1_000), "🦊", "\u{202e}tuocs"])
    func far(_ typed: String) {
        #expect(Nearest.word(to: typed, among: Self.words) == nil)
        #expect(Nearest.hint(for: typed, among: Self.words) == "")
    }

    @Test("Of two that are equally near, none is proposed; the nearer of two is")
    func two() {
        #expect(Nearest.word(to: "nio-x", among: ["nio-a", "nio-b"]) == nil)
        #expect(Nearest.word(to: "nio-x", among: ["nio-xy", "nio-b-c"]) == "nio-xy")
        #expect(Nearest.word(to: "anything", among: []) == nil)
    }
}
