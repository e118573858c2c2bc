import Foundation
import Testing

/// `make prices` runs this script, here on small lists. JSON is YAML, so that nothing but Python is needed.
@Suite("The comparison of price lists")
struct ComparePricesTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Scripts/compare-prices")
        .standardizedFileURL.path

    private static let ours = #"""
        {"prices": [
          {"model": "house-1", "maker": "openai", "input": 2, "cache-read": 0.2, "output": 8, "most": 1000, "search": 10,
            "tiers": {"priority": 2, "flex": {"input": 1, "output": 4}}, "above": {"tokens": 200000, "input": 4, "output": 12}},
          {"model": "house-2", "maker": "mistral", "input": 1, "cache-read": 0.1, "output": 3, "most": 500}
        ]}
        """#

    /// The same prices as the other list writes them.
    private static let theirs = #"""
        {"house-1": {"input_cost_per_token": 2e-06, "cache_read_input_token_cost": 2e-07, "output_cost_per_token": 8e-06,
            "max_output_tokens": 1000, "search_context_cost_per_query": {"search_context_size_medium": 0.01},
            "input_cost_per_token_priority": 4e-06, "cache_read_input_token_cost_priority": 4e-07, "output_cost_per_token_priority": 1.6e-05,
            "input_cost_per_token_flex": 1e-06, "output_cost_per_token_flex": 4e-06,
            "input_cost_per_token_above_200k_tokens": 4e-06, "output_cost_per_token_above_200k_tokens": 1.2e-05},
          "mistral/house-2-latest": {"input_cost_per_token": 1e-06, "cache_read_input_token_cost": 1e-07, "output_cost_per_token": 3e-06,
            "max_output_tokens": 500, "cache_creation_input_token_cost": 0}}
        """#

    private struct Result {
        var status: Int32
        var lines: [String]
        var complaint: String
    }

    /// Compares two lists; one that is `nil` is missing.
    private func compare(_ ours: String? = ours, _ theirs: String? = theirs, arguments: [String]? = nil) async throws -> Result {
        let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "compare-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        // The list lies somewhere inside of what pip installs.
        let inner = folder.appending(path: "lib/litellm")
        try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
        try Data("import json\nsafe_load = json.loads\n".utf8).write(to: folder.appending(path: "yaml.py"))
        try ours.map { try Data($0.utf8).write(to: folder.appending(path: "prices.yaml")) }
        try theirs.map { try Data($0.utf8).write(to: inner.appending(path: "model_prices_and_context_window_backup.json")) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [Self.script] + (arguments ?? [folder.path + "/prices.yaml", folder.path + "/lib"])
        process.environment = ["PYTHONPATH": folder.path, "PYTHONDONTWRITEBYTECODE": "1"]
        let (output, errors) = (folder.appending(path: "output"), folder.appending(path: "errors"))
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        let text = try String(contentsOf: output, encoding: .utf8)
        return Result(
            status: process.terminationStatus, lines: text.split(separator: "\n").map(String.init),
            complaint: try String(contentsOf: errors, encoding: .utf8).replacing(folder.path, with: "FOLDER"))
    }

    @Test("Equal lists print no difference")
    func equal() async throws {
        let result = try await compare()
        #expect(result.status == 0 && result.complaint.isEmpty, "\(result)")
        #expect(result.lines == ["2 models, 0 differences. docs/prices.md judges them."])
    }

    /// A change of one of the lists, and what is printed.
    struct Change: Sendable, CustomTestStringConvertible {
        var inOurs = false
        var of: String
        var to: String
        var line: String
        var testDescription: String { line }
    }

    static let changes = [
        Change(of: #""input_cost_per_token": 2e-06"#, to: #""input_cost_per_token": 2.5e-06"#, line: "house-1: input: ours 2, theirs 2.5"),
        Change(inOurs: true, of: #""output": 3"#, to: #""output": 3.25"#, line: "house-2: output: ours 3.25, theirs 3"),
        Change(inOurs: true, of: #", "search": 10"#, to: "", line: "house-1: search: ours -, theirs 10"),
        Change(of: #""max_output_tokens": 500, "#, to: #""max_output_tokens": 4000, "#, line: "house-2: most: ours 500, theirs 4000"),
        Change(
            of: "_cost_per_token_priority\": 1.6e-05", to: "_cost_per_token_priority\": 2e-05",
            line: "house-1: output priority: ours 16, theirs 20"),
        Change(of: #""input_cost_per_token_flex": 1e-06, "#, to: "", line: "house-1: input flex: ours 1, theirs -"),
        Change(
            of: "input_cost_per_token_above_200k_tokens\": 4e-06", to: "input_cost_per_token_above_200k_tokens\": 5e-06",
            line: "house-1: input above 200000: ours 4, theirs 5"),
        Change(
            of: #""search_context_size_medium": 0.01"#, to: #""search_context_size_medium": 0.025"#,
            line: "house-1: search: ours 10, theirs 25"),
        Change(of: #""mistral/house-2-latest""#, to: #""mistral/another""#, line: "house-2: not in litellm"),
    ]

    @Test("Each difference is printed, one a line, and none is a failure", arguments: changes)
    func difference(change: Change) async throws {
        let (list, other) = change.inOurs ? (Self.ours, Self.theirs) : (Self.theirs, Self.ours)
        try #require(list.contains(change.of))
        let changed = list.replacing(change.of, with: change.to)
        let result = try await change.inOurs ? compare(changed, other) : compare(other, changed)
        #expect(result.status == 0 && result.complaint.isEmpty, "\(result)")
        #expect(result.lines == [change.line, "2 models, 1 differences. docs/prices.md judges them."])
    }

    @Test("A missing list, and a wrong number of arguments, is a sentence and a failure")
    func missing() async throws {
        let noOurs = try await compare(nil)
        #expect(noOurs.status == 1 && noOurs.complaint == "FOLDER/prices.yaml can't be read: No such file or directory.\n", "\(noOurs)")
        let noTheirs = try await compare(Self.ours, nil)
        #expect(noTheirs.status == 1 && noTheirs.complaint == "There is no list of prices in FOLDER/lib.\n", "\(noTheirs)")
        for arguments in [[], ["prices.yaml"], ["a", "b", "c"]] {
            let wrong = try await compare(arguments: arguments)
            #expect(wrong.status == 1 && wrong.complaint.hasPrefix("Usage: compare-prices"), "\(wrong)")
        }
    }
}
