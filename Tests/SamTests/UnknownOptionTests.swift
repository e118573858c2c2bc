import Testing

@testable import sam

@Suite("An option that was mistyped")
struct UnknownOptionTests {
    @Test(
        "It is named with the nearest one of its command, also where something else is missing, and before or without the command's name",
        arguments: [
            (["run", "--rpeo", "plain", "x"], "--rpeo", "--repo"), (["keys", "create", "--nmae", "x"], "--nmae", "--name"),
            (["--josn", "sessions"], "--josn", "--json"), (["credentials", "set", "anthropic", "--scop", "platform"], "--scop", "--scope"),
            (["sessions", "--limt=3"], "--limt", "--limit"), (["projects", "rm", "--forse", "x"], "--forse", "--force"),
            (["run", "--repo", ".", "--model", "fast", "--agnet", "scout"], "--agnet", "--agent"),
            (["--verison"], "--verison", "--version"),
        ])
    func near(_ arguments: [String], _ typed: String, _ meant: String) {
        let option = UnknownOption(in: arguments)
        #expect(option?.typed == typed && option?.meant == meant, "\(String(describing: option))")
    }

    @Test(
        "A known option, a word far from all, another's value, and a word behind -- are not mistyped options",
        arguments: [
            ["run", "--repo", ".", "x"], ["sessions", "list", "--xyzzyx"], ["run", "--repo", ".", "--", "--rpeo"], ["run", "-x"], [],
            ["credentials", "set", "anthropic", "--secret", "sk-ant"],
        ] as [[String]])
    func none(_ arguments: [String]) {
        #expect(UnknownOption(in: arguments) == nil)
    }

    @Test("A mistyped command is told before an option that is unknown only because of it; usage stays where only an option is wrong")
    func naming() {
        #expect(
            Sam.naming(typed: ["runn", "--repo", "plain"], "Error: Unknown option '--repo'")
                == "Error: There is no command “runn”.\nDid you mean: sam run")
        let message = Sam.naming(typed: ["keys", "create", "--nmae", "x"], "Error: Missing --name\nHelp: …\nUsage: sam keys create\n  See")
        #expect(message == "Error: Unknown option '--nmae'. Did you mean '--name'?\nUsage: sam keys create\n  See")
        #expect(Sam.naming(typed: ["run", "x"], "Error: other") == "Error: other")
    }
}
