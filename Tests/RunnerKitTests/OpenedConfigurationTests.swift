import AgentProtocol
import Foundation
import Testing

@testable import RunnerKit

@Suite("A configuration at the place where it is run")
struct OpenedConfigurationTests {
    private static let id = "33333333-3333-4333-8333-333333333333"

    private func with(_ body: (RunnerPlace) throws -> Void) throws {
        let folder = "/tmp/sam-opened-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: folder + "/home", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(
            RunnerPlace(
                controlSocket: folder, folder: folder, workspace: folder + "/workspace", home: folder + "/home", objects: folder,
                sockets: folder, sandboxFiles: folder, programs: folder, bubblewrap: folder, executable: folder))
    }

    @Test(
        "Only an agent without a sandbox works in the workspace's own path",
        arguments: [(RunnerConfiguration.SandboxKind.bubblewrap, false), (.none, true)])
    func workingDirectory(_ sandbox: RunnerConfiguration.SandboxKind, isOwn: Bool) throws {
        try with { place in
            var configuration = RunnerConfiguration.forTests
            configuration.sandbox = sandbox
            let opened = configuration.opened(at: place)
            #expect(opened.conversation.workingDirectory == (isOwn ? place.workspace : "/workspace"))
            #expect(opened.agent.arguments == configuration.agent.arguments)
        }
    }

    @Test("Claude Code continues the conversation that its home has, and begins one of its own otherwise", arguments: [true, false])
    func claude(isThere: Bool) throws {
        try with { place in
            if isThere {
                let folder = place.home + "/.claude/projects/-workspace"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try Data(#"{"type":"user","sessionId":"\#(Self.id)"}"#.utf8).write(to: URL(filePath: "\(folder)/\(Self.id).jsonl"))
            }
            var configuration = RunnerConfiguration.forTests
            configuration.sandbox = .bubblewrap
            configuration.agent.wireProtocol = .claudeStreamJSON
            configuration.conversation.earlier = Conversation.Earlier(conversation: Self.id.uppercased(), recap: "It was so.")
            let opened = configuration.opened(at: place)
            #expect(opened.conversation.earlier?.recap == "It was so.")
            if isThere {
                #expect(opened.agent.arguments == ["--resume", Self.id])
                #expect(opened.conversation.earlier?.conversation == Self.id && opened.conversation.own == nil)
            } else {
                #expect(opened.agent.arguments == ["--session-id", try #require(opened.conversation.own)])
                #expect(opened.conversation.earlier?.conversation == nil)
            }
        }
    }

    @Test("The agent's files are written into its home; where a link leads out of it, none is written and the error says what to do")
    func files() throws {
        try with { place in
            var configuration = RunnerConfiguration.forTests
            configuration.agent.files = [".agent/settings.json": "{}"]
            try configuration.placeFiles(in: place.home)
            #expect(try String(contentsOfFile: place.home + "/.agent/settings.json", encoding: .utf8) == "{}")
            try FileManager.default.removeItem(atPath: place.home + "/.agent")
            try FileManager.default.createSymbolicLink(atPath: place.home + "/.agent", withDestinationPath: place.folder)
            let error = #expect(throws: HomeFileError.self) { try configuration.placeFiles(in: place.home) }
            #expect(error?.description.contains("Start a new session instead of resuming") == true)
            #expect(!FileManager.default.fileExists(atPath: place.folder + "/settings.json"))
        }
    }

    @Test("A refusal is logged once for each status")
    func refusals() {
        let log = RefusalLog()
        #expect([404, 403, 404, 403, 404].map { log.isNew($0) } == [true, true, false, false, false])
    }
}
