import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("Scout and the Agent Client Protocol's own package")
struct ScoutClientTests {
    @Test("The protocol's Python client understands all that scout says, and stops it")
    func conversation() async throws {
        try await SamFixture.with { sam in
            // Many files, so that there is something to stop.
            var files = ["README.md": "# A project\n", "Makefile": "test:\n\ttrue\n"]
            for number in 0..<400 { files["src/file\(number).py"] = String(repeating: "print(\(number))  # TODO: look\n", count: 40) }
            let folder = try await sam.repository("explored", files: files)
            let client = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Clients/acp_client.py").path(percentEncoded: false)
            let output = try await Command(
                try RealAgent.script("python"), [client, folder, SamFixture.programs + "/sam-scout"],
                environment: ["PATH": "/usr/bin:/bin", "HOME": sam.scratch, "PYTHONDONTWRITEBYTECODE": "1"], workingDirectory: folder
            ).run(timeout: .seconds(180))
            #expect(output.termination == .exited(0), "\(output.standardError)")
            let told: JSONValue = try JSONLine.decode(from: output.text.split(separator: "\n").last.map(String.init) ?? "")
            #expect(told["version"] == 1 && told["name"]?.string?.isEmpty == false, "\(told)")
            let kinds = Set(told["kinds"]?.elements?.compactMap(\.string) ?? [])
            #expect(kinds.isSuperset(of: ["agent_message_chunk", "plan", "tool_call"]), "\(kinds)")
            #expect(told["text"]?.string?.contains("Python") == true)
            #expect(told["first"] == "end_turn")
            #expect(told["second"] == "cancelled")
            #expect(!output.standardError.contains("Error"), "\(output.standardError)")
        }
    }
}
