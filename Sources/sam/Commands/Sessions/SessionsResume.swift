import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1
import Sessions

struct SessionsResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Continue an ended session in a new one that starts from its branch.",
        discussion: """
            The new session has the same agent, provider, model and permissions. An agent that can load its earlier conversation \
            does; others are told what happened.

            EXAMPLES
              sam sessions resume s_0123456789ab "Now write the tests"
              sam sessions resume s_0123456789ab --detach "Now write the tests"
              sam sessions resume s_0123456789ab - < next.md
            """)

    @OptionGroup var target: SessionArgument

    @OptionGroup var attachments: Attachments

    @Flag(help: "Start it and return at once.")
    var detach = false

    @Flag(help: "Print events as JSON, one a line, and the session last.")
    var json = false

    @Argument(help: "What the agent is to do now. - reads it from standard input.")
    var text: [String]

    func run() async throws {
        let text = try TypedText(text).read()
        let images = try attachments.images()
        let session = try await Connection.with { client in
            let session: SessionView = try await client.send(
                .POST, target.path + "/resume", Resumption(prompt: text, images: images, ending: .whenIdle))
            return try await SessionFollowing(session: session, detach: detach, form: json ? .json : .lines).run(client)
        }
        if session.failure?.code == "credentialBlocked" { throw ExitStatus.blocked }
        if session.failure != nil || session.settled && session.phase != .completed { throw ExitStatus.failed }
    }
}
