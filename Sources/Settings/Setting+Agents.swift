import Accounts
import Cascade

extension Setting {
    /// What agents may do without asking. Off means what is safest: they ask.
    public static let permissions = Setting(
        key: "agents.permissions", summary: "What an agent may do without asking: ask, edits (in its workspace) or everything.",
        standard: .text("edits"), mode: .override, whenOff: .force(.text("ask")), scopes: Scope.allCases,
        kind: .choice(["ask", "edits", "everything"]))

    /// How long a question of an agent's stands.
    public static let answerTimeout = Setting(
        key: "agents.answerSeconds", summary: "Seconds a person has to answer an agent's question; then it is refused.",
        standard: .integer(3_600), mode: .override, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(5...604_800))
}
