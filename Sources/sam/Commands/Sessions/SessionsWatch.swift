import API
import AgentProtocol
import ArgumentParser

struct SessionsWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show a session from its beginning and follow it.",
        discussion: """
            Ctrl-C stops watching; the session continues.

            EXAMPLES
              sam sessions watch s_0123456789ab
              sam sessions watch s_0123456789ab --json
            """)

    @OptionGroup var target: SessionArgument

    @Flag(help: "Print events as JSON, one a line.")
    var json = false

    func run() async throws {
        try await Connection.with { client in
            let session = try await Following.follow(
                SessionID(rawValue: target.session), client, as: json ? .json : .lines
            ) {
                Terminal.warn("\nThe session continues. Cancel it with: sam sessions cancel \(target.session)")
                SessionsWatch.exit()
            }
            if !json {
                Terminal.line()
                session.conclusion().forEach(Terminal.line)
            }
        }
    }
}
