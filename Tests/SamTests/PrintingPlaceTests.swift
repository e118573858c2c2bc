import Foundation
import Testing

@Suite("Where the command line prints")
struct PrintingPlaceTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources").standardizedFileURL

    /// The Swift files of these modules with their contents.
    private func files(of modules: [String]) throws -> [(name: String, lines: [Substring])] {
        try modules.flatMap { module in
            let folder = Self.sources.appending(path: module).path(percentEncoded: false)
            return try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }.map { file in
                ("\(module)/\(file)", try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).split(separator: "\n"))
            }
        }
    }

    /// Where a pattern stands outside of comments.
    private func places(of pattern: Regex<Substring>, in modules: [String]) throws -> [String] {
        try files(of: modules).flatMap { file in
            file.lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") && $0.contains(pattern) }.map {
                "\(file.name): \($0.drop { $0 == " " })"
            }
        }
    }

    private static var writing: Regex<Substring> {
        #/\b(?:print|debugPrint|dump|fputs|fprintf|printf|puts|putchar|perror|fwrite|vprintf|getpass)\(|FileHandle\.standard(?:Output|Error)|STD(?:OUT|ERR)_FILENO|\bstd(?:out|err)\b|StreamLogHandler|stringLiteral:/#
    }

    @Test("Nothing but Terminal.swift writes to the terminal, and printed text is from the source, or made visible")
    func onePlace() throws {
        let found = try places(of: Self.writing, in: ["sam"])
        let allowed = [
            "sam/Terminal/Terminal.swift: ", "sam/Commands/Serve.swift: var handler = VisibleLogHandler(StreamLogHandler.standardError(",
            // An option of git's.
            "sam/Client/LocalChanges.swift: [\"pack-objects\", ",
        ]
        for place in found where !allowed.contains(where: { place.hasPrefix($0) }) { Issue.record("\(place)") }
        for place in allowed { #expect(found.contains { $0.hasPrefix(place) }, "\(place) is not found: does the search still work?") }
    }

    @Test("No module of the server or the runner prints; their logs go through what makes them visible")
    func modules() throws {
        let modules = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path(percentEncoded: false)).filter {
            !["sam", "sam-scout", "CProcesses", "CZlib"].contains($0) && !$0.hasPrefix(".")
        }
        // What one program tells another in JSON is read, not shown.
        let allowed = [
            "RunnerKit/ToolBridge.swift: let output = try await bootstrap.takingOwnershipOfDescriptor(output: dup(STDOUT_FILENO))",
            "sam-runner/Gather.swift: try FileHandle.standardOutput.write(contentsOf: JSONLine.encode(",
            "sam-runner/Once.swift: let output = FileHandle.standardOutput",
            "sam-runner/Run.swift: LoggingSystem.bootstrap { VisibleLogHandler(StreamLogHandler.standardError(",
        ]
        for place in try places(of: Self.writing, in: modules) where !allowed.contains(where: { place.hasPrefix($0) }) {
            Issue.record("\(place)")
        }
    }
}
