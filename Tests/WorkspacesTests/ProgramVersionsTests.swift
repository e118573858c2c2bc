import Testing

@testable import Processes
@testable import Workspaces

@Suite("Programs that were asked for their version")
struct ProgramVersionsTests {
    @Test(
        "A program that could not be started is told from one that knows no such argument",
        arguments: [
            (.exited(0), "", true), (.exited(127), "env: ‘node’: No such file or directory", false),
            (.exited(126), "x: Permission denied", false),
            (.exited(1), "bwrap: execvp /x: No such file or directory", false), (.exited(1), "mise ERROR x is not a valid shim", false),
            (.exited(139), "", false), (.signalled(9), "", false),
        ] as [(Termination, String, Bool)])
    func start(_ termination: Termination, _ words: String, starts: Bool) {
        let output = Output(termination: termination, standardOutput: [], standardError: words)
        let failure = ProgramVersions.failure(of: "/x/agent", ["--version"], output)
        #expect((failure == nil) == starts && (words.isEmpty || (failure ?? words).contains(words)), "\(failure ?? "")")
        // Of one that knows no such argument nothing is asked but to start.
        let unasked = ProgramVersions.failure(of: "/x/agent", [], output)
        #expect((unasked == nil) == (starts || words.hasPrefix("mise")), "\(unasked ?? "")")
    }

    @Test(
        "A version is the first word that looks like one",
        arguments: [
            ("2.1.330 (Claude Code)", "2.1.330"), ("codex-cli 0.163.0", "0.163.0"), ("v1.0-rc.1\n", "1.0-rc.1"), ("none", nil), ("", nil),
        ] as [(String, String?)])
    func version(text: String, version: String?) {
        #expect(ProgramVersions.version(in: text) == version)
    }
}
