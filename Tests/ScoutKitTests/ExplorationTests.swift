import AgentProtocol
import Foundation
import Processes
import Synchronization
import Testing

@testable import ScoutKit

@Suite("An exploration")
struct ExplorationTests {
    @Test("A small project is told as it is, and every claim quotes a line that is there")
    func smallProject() async throws {
        try await withFolder { folder in
            let files = [
                "Package.swift": "// swift-tools-version: 6.0\nimport PackageDescription\nlet package = Package(name: \"x\")\n",
                "Makefile": "all:\n\techo\n\ntest:\n\techo test\n",
                "Sources/x/main.swift": "import Foundation\n\nfunc greet() {}\ngreet()\n",
                "Sources/x/Other.swift": "// FIX" + "ME: wrong\nstruct Other {}\n",
                "Tests/xTests/OtherTests.swift": "@Test(.disabled(\"later\")) func other() {}\n",
                "vendor/lib/a.c": "int main(void) { return 0; } // TO" + "DO: not ours\n",
                "LICENSE": "MIT License\n\nPermission is hereby granted, free of charge … WITHOUT WARRANTY OF ANY KIND\n",
                "README.md": "# X\n", ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n      - run: swift test --parallel\n",
            ]
            for (path, content) in files { try write(content, folder + "/" + path) }
            try FileManager.default.createSymbolicLink(atPath: folder + "/Sources/x/link.swift", withDestinationPath: "/etc/passwd")
            let brief = try #require(await explore(folder))
            #expect(brief.survey.languages.map(\.name) == ["Swift", "Make"])
            #expect(brief.survey.vendoredCount == 1)
            #expect(brief.survey.linkCount == 1)
            #expect(brief.survey.markCount == 1)
            #expect(brief.licence?.name == "MIT")
            #expect(brief.builds.map(\.name) == ["Make", "Swift Package Manager"])
            #expect(brief.builds.first?.commands == ["build": "make", "test": "make test"])
            #expect(brief.pipeline.map(\.path) == [".github/workflows/ci.yml"])
            #expect(brief.survey.entryPoints.map(\.path) == ["Sources/x/main.swift"])
            #expect((3...5).contains(brief.suggestions.count))
            let written = try String(contentsOfFile: folder + "/.sam/brief.md", encoding: .utf8)
            #expect(written == brief.markdown)
            try check(written, in: folder, atLeast: 3)
        }
    }

    @Test("A hundred thousand files are read without trouble")
    func manyFiles() async throws {
        try await withFolder { folder in
            for number in 0..<1_000 {
                let sub = "\(folder)/d\(number)"
                mkdir(sub, 0o755)
                for file in 0..<100 {
                    let descriptor = open("\(sub)/f\(file).c", O_CREAT | O_WRONLY, 0o644)
                    _ = "int f\(file)(void);\n".withCString { Foundation.write(descriptor, $0, strlen($0)) }
                    close(descriptor)
                }
            }
            let brief = try #require(await explore(folder))
            #expect(brief.survey.fileCount == 100_000)
            #expect(brief.survey.languages.first?.files == 100_000)
        }
    }

    @Test("A brief is not written through a link that leaves the repository; it is where the folder is its own")
    func linkedFolder() async throws {
        try await withFolder { folder in
            try write("int x;\n", folder + "/a.c")
            try FileManager.default.createDirectory(atPath: folder + "-elsewhere", withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder + "-elsewhere") }
            try FileManager.default.createSymbolicLink(atPath: folder + "/.sam", withDestinationPath: folder + "-elsewhere")
            await #expect(throws: (any Error).self) { try await explore(folder) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "-elsewhere").isEmpty)
            try FileManager.default.removeItem(atPath: folder + "/.sam")
            #expect(try await explore(folder) != nil)
        }
    }

    @Test("As an agent it answers the protocol's questions, and refuses what is wrong with the right code")
    func agent() async throws {
        try await withFolder { folder in
            try write("int main(void) { return 0; }\n", folder + "/a.c")
            let sent = Mutex<[RPCMessage]>([])
            let agent = ScoutAgent(version: "1") { line in
                if let message = RPCMessage(line: Data(line.dropLast())) { sent.withLock { $0.append(message) } }
            }
            for line in [
                #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":1}}"#,
                #"{"jsonrpc":"2.0","id":1,"method":"session/new","params":{"cwd":"\#(folder)","mcpServers":[]}}"#,
                #"{"jsonrpc":"2.0","id":2,"method":"session/new","params":{"cwd":"relative","mcpServers":[]}}"#,
                #"{"jsonrpc":"2.0","id":3,"method":"session/prompt","params":{"sessionId":"nobody","prompt":[]}}"#,
                #"{"jsonrpc":"2.0","id":4,"method":"no/such","params":{}}"#,
                "no json",
                #"{"jsonrpc":"2.0","id":5,"method":"session/prompt","params":{"sessionId":"scout-1","prompt":[{"type":"text","text":"hi"}]}}"#,
            ] { await agent.receive(Data(line.utf8)) }
            await agent.finish()
            let messages = sent.withLock { $0 }
            func code(_ id: Int) -> Int? {
                for case .failure(.number(id), let error) in messages { return error.code }
                return nil
            }
            #expect(code(2) == -32602)
            #expect(code(3) == -32602)
            #expect(code(4) == -32601)
            #expect(messages.contains { if case .failure(nil, let error) = $0 { error.code == -32700 } else { false } })
            #expect(messages.contains(.success(id: .number(5), result: .object(["stopReason": .string("end_turn")]))))
            let kinds = messages.compactMap { message -> String? in
                guard case .notification("session/update", let params) = message else { return nil }
                return params["update"]?["sessionUpdate"]?.string
            }
            #expect(Set(kinds) == ["plan", "tool_call", "tool_call_update", "agent_message_chunk"])
        }
    }

    // MARK: - Parts

    private func explore(_ folder: String) async throws -> Brief? {
        try await Exploration(root: folder, request: nil, isCancelled: { false }, report: { _ in }).run()
    }

    private func check(_ markdown: String, in folder: String, atLeast files: Int) throws {
        let references = BriefReference.all(in: markdown)
        #expect(Set(references.map(\.path)).count >= files)
        for reference in references {
            let lines = try String(contentsOfFile: "\(folder)/\(reference.path)", encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false)
            #expect(lines[reference.line - 1].contains(reference.text), "\(reference)")
        }
    }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/scout-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func write(_ text: String, _ path: String) throws {
        let url = URL(filePath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }
}
