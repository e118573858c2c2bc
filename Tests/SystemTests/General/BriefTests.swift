import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("Scout's brief")
struct BriefTests {
    @Test("On swift-nio it names lines of at least three files, and quotes every one of them truly")
    func swiftNIO() async throws {
        try await SamFixture.with { sam in
            let session = try await run(sam, "https://github.com/apple/swift-nio")
            let brief = try await sam.file(".sam/brief.md", of: session)
            try await check(brief, session, sam)
            #expect(brief.contains("Swift: 9"), "Most of it is Swift")
            #expect(brief.contains("Apache-2.0"))
            #expect(brief.contains("swift test"))
        }
    }

    @Test("On SAM's own repository it does the same, and tells its history")
    func ownRepository() async throws {
        try await SamFixture.with { sam in
            let root = SamFixture.repositoryRoot
            let session = try await run(sam, root.path(percentEncoded: false))
            let brief = try await sam.file(".sam/brief.md", of: session)
            try await check(brief, session, sam)
            let mirror = try #require(session["result"]?["mirror"]?.string)
            let base = try #require(session["result"]?["base"]?.string)
            let lately = try await sam.git(["rev-list", "--count", "--no-merges", "--since=90.days.ago", base], in: mirror)
            #expect(brief.contains("\(lately.trimmingCharacters(in: .newlines)) in the last 90 days"))
            #expect(brief.contains("\nBy "), "It tells who wrote it")
            #expect(brief.contains("make test"))
        }
    }

    @Test("Scout works with a client that is not SAM: its own program answers on standard output")
    func scoutAlone() async throws {
        try await SamFixture.with { sam in
            let path = try await sam.repository("alone", files: ["a.py": "if __name__ == '__main__':\n    pass\n"])
            let lines = [
                #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":1,"clientCapabilities":{}}}"#,
                #"{"jsonrpc":"2.0","id":1,"method":"session/new","params":{"cwd":"\#(path)","mcpServers":[]}}"#,
                #"{"jsonrpc":"2.0","id":2,"method":"session/prompt","params":{"sessionId":"scout-1","prompt":[{"type":"text","text":"hi"}]}}"#,
            ]
            let output = try await Command(
                SamFixture.programs + "/sam-scout", [], environment: ["PATH": "/usr/bin:/bin", "HOME": sam.scratch]
            ).run(input: [UInt8](lines.map { $0 + "\n" }.joined().utf8))
            #expect(output.termination == .exited(0))
            let messages = output.text.split(separator: "\n").compactMap { RPCMessage(line: Data($0.utf8)) }
            #expect(messages.count == output.text.split(separator: "\n").count, "It writes nothing but messages")
            #expect(messages.last == .success(id: .number(2), result: .object(["stopReason": .string("end_turn")])))
            #expect(FileManager.default.fileExists(atPath: path + "/.sam/brief.md"))
        }
    }

    private func run(_ sam: SamFixture, _ repository: String) async throws -> JSONValue {
        let output = try await sam.sam("run", "--repo", repository, "--agent", "scout", "--json", "What is this?")
        #expect(output.termination == .exited(0), "\(output.standardError)")
        return try JSONLine.decode(JSONValue.self, from: String(output.text.split(separator: "\n").last ?? ""))
    }

    /// Every place that the brief names holds what the brief says it holds.
    private func check(_ brief: String, _ session: JSONValue, _ sam: SamFixture) async throws {
        let mirror = try #require(session["result"]?["mirror"]?.string)
        let commit = try #require(session["result"]?["base"]?.string)
        var files: Set<String> = []
        for match in brief.matches(of: /`([^`\n]+):(\d+)`: (`+)( ?)(.*?)\4\3(?!`)/) {
            let (path, number, text) = (String(match.1), Int(match.2) ?? 0, String(match.5))
            let lines = try await sam.git(["show", "\(commit):\(path)"], in: mirror).split(
                separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.indices.contains(number - 1) && lines[number - 1].contains(text), "\(path):\(number) is not “\(text)”")
            #expect(!text.isEmpty)
            files.insert(path)
        }
        #expect(files.count >= 3, "\(files)")
        let tasks = brief.components(separatedBy: "## First tasks").last ?? ""
        #expect((3...5).contains(tasks.matches(of: /(?m)^\d\. \*\*/).count))
    }
}
