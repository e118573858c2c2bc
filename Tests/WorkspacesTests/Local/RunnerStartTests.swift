import AgentProtocol
import Foundation
import Processes
import Testing

@testable import Workspaces

@Suite("What a runner starts from")
struct RunnerStartTests {
    @Test(
        "A start of another version is refused with its number, and a damaged one as damaged",
        arguments: [
            (#"{"format":1,"configuration":{},"place":{}}"#, RunnerStartError.format(1)), (#"{"format":3}"#, .format(3)),
            (#"{"format":-1}"#, .format(-1)), (#"{"place":{}}"#, .format(1)),
        ])
    func refused(_ content: String, _ expected: RunnerStartError) {
        #expect(throws: expected) { try RunnerStart(reading: Data(content.utf8)) }
        #expect("\(expected)".contains("this sam-runner reads format \(RunnerStart.currentFormat)"))
    }

    @Test(
        "Damage is not taken for another version",
        arguments: ["", "{", "[]", #"{"format":"1"}"#, #"{"format":2,"place":{}}"#, #"{"format":2,"token":"t"}"#])
    func damaged(_ content: String) {
        let error = #expect(throws: RunnerStartError.self) { try RunnerStart(reading: Data(content.utf8)) }
        guard case .damaged? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A runner that can't read its start writes one line that says why, and exits with a code of its own")
    func exit() async throws {
        let file = NSTemporaryDirectory() + "start-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data(#"{"format":99,"configuration":{"token":"secret"}}"#.utf8).write(to: URL(filePath: file))
        let programs = try #require(SalvageFixture.programs)
        let output = try await Command(programs + "/sam-runner", ["run", file], environment: [:], workingDirectory: "/")
            .run(timeout: .seconds(60))
        #expect(output.termination == .exited(RunnerStartError.exitCode))
        let lines = output.standardError.split(separator: "\n")
        #expect(lines.count == 1 && lines.first?.contains("format 99") == true, "\(output.standardError)")
        #expect(!output.standardError.contains("secret"))
    }

    @Test("A runner gets the server's HOME, and nothing else of its environment")
    func environment() {
        let path = "/usr/local/bin:/usr/bin:/bin"
        #expect(
            LocalHost.runnerEnvironment(of: ["HOME": "/srv/sam", "ANTHROPIC_API_KEY": "k", "PATH": "/x"]) == [
                "HOME": "/srv/sam", "PATH": path,
            ])
        #expect(LocalHost.runnerEnvironment(of: [:]) == ["PATH": path])
    }
}
