import API
import ArgumentParser

struct SessionsWithdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw", abstract: "Take back a prompt that is kept and was not handed over yet.",
        discussion: """
            EXAMPLES
              sam sessions prompts s_0123456789ab
              sam sessions withdraw s_0123456789ab t_0123456789ab
            """)

    @OptionGroup var target: SessionArgument

    @Argument(help: "The prompt's id, as `sam sessions prompts` shows it.")
    var prompt: String

    func run() async throws {
        try await Connection.with { try await $0.delete(target.path + "/prompts/\(prompt.pathSegment)") }
        Terminal.line("Prompt \(prompt) is taken back.")
    }
}
