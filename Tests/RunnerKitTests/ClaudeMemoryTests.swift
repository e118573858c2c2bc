import AgentProtocol
import Foundation
import Processes
import Testing

@testable import RunnerKit

@Suite("What Claude Code remembers of a conversation")
struct ClaudeMemoryTests {
    private static let id = "33333333-3333-4333-8333-333333333333"
    private static let line = #"{"type":"user","sessionId":"\#(id)","message":{"role":"user","content":"x"}}"#

    @Test(
        "A conversation can be gone on with when its file tells of it",
        arguments: [
            (#"{"type":"queue-operation","sessionId":"\#(id)"}"# + "\n" + line + "\n", true), (line, true),
            (line + "\n" + String(repeating: "x", count: 100), true), ("\u{0}garbage\n[1]\n{}\n\(line)\n", true), ("", false),
            ("garbage\n", false), ("{\"a\":1}\n[1]\n", false), (#"{"type":"queue-operation","sessionId":"\#(id)"}"#, false),
            (#"{"type":"user","sessionId":"another"}"#, false), (String(line.dropLast(5)), false),
        ])
    func contents(content: String, holds: Bool) throws {
        try Self.with { home in
            try Self.write(content, to: home + "/.claude/projects/-workspace/\(Self.id).jsonl")
            #expect(ClaudeMemory(home: home, workingDirectory: "/workspace").holds(Self.id) == holds)
            #expect(!ClaudeMemory(home: home, workingDirectory: "/elsewhere").holds(Self.id))
        }
    }

    @Test("No link is followed, and nothing that is no file is read", arguments: ["file", "folder", "pipe", "directory"])
    func links(kind: String) throws {
        try Self.with { home in
            let outside = home + "/outside"
            try Self.write(Self.line, to: outside + "/\(Self.id).jsonl")
            let projects = home + "/agent/.claude/projects"
            let file = projects + "/-workspace/\(Self.id).jsonl"
            let manager = FileManager.default
            try manager.createDirectory(atPath: projects, withIntermediateDirectories: true)
            if kind == "folder" {
                try manager.createSymbolicLink(atPath: projects + "/-workspace", withDestinationPath: outside)
            } else {
                try manager.createDirectory(atPath: projects + "/-workspace", withIntermediateDirectories: true)
            }
            switch kind {
            case "file": try manager.createSymbolicLink(atPath: file, withDestinationPath: outside + "/\(Self.id).jsonl")
            case "pipe": #expect(mkfifo(file, 0o600) == 0)
            case "directory": try manager.createDirectory(atPath: file, withIntermediateDirectories: true)
            default: break
            }
            #expect(!ClaudeMemory(home: home + "/agent", workingDirectory: "/workspace").holds(Self.id))
        }
    }

    @Test(
        "Only a UUID gets into an argument",
        arguments: [
            (id, id), ("A3333333-3333-4333-8333-333333333333", "a3333333-3333-4333-8333-333333333333"), (nil, nil), ("", nil),
            ("--dangerously-skip-permissions", nil), ("../../../etc/passwd", nil), (id + "\n", nil), (id + "/..", nil),
        ] as [(String?, String?)])
    func names(id: String?, name: String?) {
        #expect(ClaudeMemory.name(of: id) == name)
    }

    private static func with(_ body: (String) throws -> Void) throws {
        let home = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path(percentEncoded: false)
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        try body(home)
    }

    private static func write(_ text: String, to path: String) throws {
        try FileManager.default.createDirectory(
            atPath: URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }
}
