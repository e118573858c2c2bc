import AgentCatalogue
import Foundation
import Synchronization
import Testing

@Suite("The catalogue while the user's file changes")
struct LiveCatalogueTests {
    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "catalogue-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder + "/agents.yaml")
    }

    private func write(_ text: String, to file: String) throws {
        try Data(text.utf8).write(to: URL(filePath: file))
    }

    private func entry(_ id: String, _ program: String) -> String { "  - {id: \(id), protocol: acp, command: [\(program)]}\n" }

    @Test("A file that comes, changes, and goes holds at once, also where it keeps its length and is written in place")
    func changes() throws {
        try withFile { file in
            let seen = Mutex(0)
            let live = LiveCatalogue(userFile: file) { _ in seen.withLock { $0 += 1 } }
            #expect(live.current.agent("mine") == nil && live.current.agent("scout") != nil)
            try write("agents:\n" + entry("mine", "a"), to: file)
            #expect(live.current.agent("mine")?.command == ["a"])
            for program in ["b", "c", "d"] {
                let handle = try FileHandle(forWritingTo: URL(filePath: file))
                try handle.write(contentsOf: Data(("agents:\n" + entry("mine", program)).utf8))
                try handle.close()
                #expect(live.current.agent("mine")?.command == [program])
            }
            try write("agents:\n" + entry("scout", "other"), to: file)
            #expect(live.current.agent("mine") == nil && live.current.agent("scout")?.command == ["other"])
            try FileManager.default.removeItem(atPath: file)
            #expect(live.current.agent("scout")?.command == ["sam-scout"] && live.current.problems.isEmpty)
            #expect(seen.withLock(\.self) == 7, "Each catalogue is told once, and one that has not changed is not")
        }
    }

    @Test(
        "A file that is broken as a whole is told, and what held before holds until it is mended",
        arguments: [
            Data("agents: [".utf8), Data("other: thing".utf8), Data([0xff, 0xfe, 0x00]), Data(repeating: 0x20, count: (4 << 20) + 1),
        ])
    func broken(_ content: Data) throws {
        try withFile { file in
            try write("agents:\n" + entry("mine", "a") + entry("scout", "other"), to: file)
            let live = LiveCatalogue(userFile: file)
            for _ in 0..<2 {
                try content.write(to: URL(filePath: file))
                let catalogue = live.current
                #expect(catalogue.agent("mine")?.command == ["a"] && catalogue.agent("scout")?.command == ["other"])
                #expect(catalogue.problems.contains { $0.description.hasPrefix(file) })
                #expect(catalogue.problems.contains { $0.message.contains("mine, scout") })
            }
            try write("agents:\n" + entry("mine", "b"), to: file)
            #expect(live.current.agent("mine")?.command == ["b"] && live.current.problems.isEmpty)
        }
    }

    @Test("An entry with a mistake stays as it was, beside others that change; one that was never right is not there")
    func brokenEntry() throws {
        try withFile { file in
            try write("agents:\n" + entry("one", "a") + entry("two", "a"), to: file)
            let live = LiveCatalogue(userFile: file)
            try write("agents:\n  - {id: one, protocol: smtp, command: [b]}\n  - {id: three, command: [b]}\n" + entry("two", "b"), to: file)
            let catalogue = live.current
            #expect(catalogue.agent("one")?.command == ["a"] && catalogue.agent("two")?.command == ["b"])
            #expect(catalogue.agent("three") == nil)
            #expect(catalogue.problems.contains { $0.line == 2 && $0.message.contains("smtp") })
            #expect(catalogue.problems.contains { $0.message == "Until it is mended, one stays as it was." })
        }
    }

    @Test("A folder, a pipe or a dangling link in the file's place blocks no reader")
    func noFile() throws {
        try withFile { file in
            try write("agents:\n" + entry("mine", "a"), to: file)
            let live = LiveCatalogue(userFile: file)
            _ = live.current
            try FileManager.default.removeItem(atPath: file)
            mkfifo(file, 0o600)
            #expect(live.current.agent("mine") != nil && live.current.problems.first?.message == "This is not a file.")
            try FileManager.default.removeItem(atPath: file)
            try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
            #expect(live.current.agent("mine") != nil && live.current.problems.first?.message == "This is not a file.")
            try FileManager.default.removeItem(atPath: file)
            try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: file + ".none")
            #expect(live.current.agent("mine") == nil && live.current.problems.isEmpty, "As if it were not there")
        }
    }
}
