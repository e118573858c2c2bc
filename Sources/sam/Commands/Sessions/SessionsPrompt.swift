import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1
import Sessions

struct SessionsPrompt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompt", abstract: "Write to a session. What is written is kept until the agent is free.",
        discussion: """
            A session of `sam run` ends when all its prompts are answered, unless it was started with --open. Continue an ended one: \
            sam sessions resume SESSION "…"

            EXAMPLES
              sam sessions prompt s_0123456789ab "Now write the tests"
              sam sessions prompt s_0123456789ab - < notes.md
              sam sessions prompt s_0123456789ab --attach shot.png "What is wrong?"
            """)

    @OptionGroup var target: SessionArgument

    @OptionGroup var attachments: Attachments

    @Argument(help: "What to say. - reads it from standard input.")
    var text: [String]

    func run() async throws {
        let text = try TypedText(text).read()
        let images = try attachments.images()
        let prompt: Prompt = try await Connection.with {
            try await $0.send(.POST, target.path + "/prompts", NewPrompt(text: text, images: images))
        }
        Terminal.line("Kept as \(prompt.id.rawValue); it is handed over when the agent is free.")
    }
}
