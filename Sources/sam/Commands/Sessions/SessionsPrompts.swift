import AgentProtocol
import ArgumentParser
import ControlPlane
import Sessions
import Wording

struct SessionsPrompts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompts", abstract: "List what was written to a session, and how far each prompt has come.",
        discussion: """
            EXAMPLES
              sam sessions prompts s_0123456789ab
            """)

    @OptionGroup var target: SessionArgument

    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show(target.path + "/prompts", show)
    }

    private func show(_ listing: Listing.Prompts) {
        guard !listing.prompts.isEmpty else {
            return Terminal.line("It has no prompts yet. Write one with: sam sessions prompt \(target.session) TEXT")
        }
        var table = Table([.whole("PROMPT"), "STATE", "WRITTEN", "TEXT"])
        for prompt in listing.prompts {
            let words = prompt.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let images = prompt.images.map { "(\($0.of("image"))) " } ?? ""
            table.add([prompt.id.rawValue, prompt.state.rawValue, Time.ago(prompt.createdAt), images + String(words.prefix(60))])
        }
        table.show()
    }
}
