import Accounts
import Cascade

extension Setting {
    /// The time limit for a git operation with a remote.
    public static let gitTimeout = Setting(
        key: "git.timeoutSeconds", summary: "Seconds that fetching or pushing a repository may take.",
        standard: .integer(3_600), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(10...14_400))

    /// How long a git remote may send next to nothing.
    public static let gitStall = Setting(
        key: "git.stallSeconds", summary: "Seconds after which a repository's server that sends next to nothing is given up.",
        standard: .integer(120), mode: .ceiling, whenOff: .inherit, scopes: Scope.allCases, kind: .integer(2...3_600))
}
