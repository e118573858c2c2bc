import ArgumentParser
import ControlPlane
import NIOHTTP1

struct SessionsEdit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Change a prompt that is kept and was not handed over yet.",
        discussion: """
            EXAMPLES
              sam sessions prompts s_0123456789ab
              sam sessions edit s_0123456789ab t_0123456789ab "Rather this"
            """)

    @OptionGroup var target: SessionArgument

    @Argument(help: "The prompt's id, as `sam sessions prompts` shows it.")
    var prompt: String

    @Argument(help: "What to say instead. - reads it from standard input.")
    var text: [String]

    func run() async throws {
        let text = try TypedText(text).read()
        let _: Listing.Prompts = try await Connection.with {
            try await $0.send(.PATCH, target.path + "/prompts/\(prompt.pathSegment)", NewPrompt(text: text))
        }
        Terminal.line("Prompt \(prompt) is changed.")
    }
}
