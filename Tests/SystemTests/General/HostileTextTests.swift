import AgentProtocol
import Foundation
import Fuzzing
import Processes
import Store
import Testing

@testable import SystemSupport

@Suite("Text from outside on its way to a terminal")
struct HostileTextTests {
    /// As the scripted agent says it, with words that are harmless and have to come through.
    private static let attack =
        "x\u{1b}]52;c;cm0=\u{7}\u{9d}0;own\u{9c}\u{1b}[2J\u{9b}2J\u{202e}\u{2066}\u{200b}\u{200d}\u{e0041}\u{3164}\u{2028}\u{8}\u{8}\r\u{85}"
        + plain
    private static let plain = "Größe 漢字 مرحبا 👩‍💻"
    /// What the clipboard's escape looks like when it is shown.
    private static let shown = "x^[]52;c;cm0=^G<U+009D>0;own<U+009C>^[[2J<U+009B>2J<U+202E>"

    /// Checks the bytes of what was printed.
    private func check(_ output: Output, _ what: String, shows: [String] = [plain], sourceLocation: SourceLocation = #_sourceLocation) {
        guard let text = String(validating: output.standardOutput, as: UTF8.self) else {
            Issue.record("\(what): bytes that are no text", sourceLocation: sourceLocation)
            return
        }
        let all = text + output.standardError
        #expect(HostileText.hidden(in: all, newlines: true).isEmpty, "\(what): \(all.debugDescription)", sourceLocation: sourceLocation)
        for words in shows { #expect(all.contains(words), "\(what) lacks \(words): \(all)", sourceLocation: sourceLocation) }
    }

    @Test("A session's agent, repository, task and errors change nothing on a terminal and in the log, and plain words come through")
    func session() async throws {
        try await SamFixture.with { sam in
            try await sam.serve("--verbose")
            let repository = try await sam.project(files: ["README.md": "# A\n", "\(Self.plain).txt": "a\n"])
            try await sam.git(["commit", "-q", "--allow-empty", "-m", "Subject " + Self.attack], in: repository)
            let name = Self.attack.replacing("/", with: "")
            let script = """
                echo b > '\(name)'; printf '\(Self.plain)'; git add -A; git commit -qm 'Commit '"'\(name)'"; git tag 'v\u{202e}\u{200b}\u{9b}1'
                git checkout -q -b 'b\u{202e}\u{2066}\u{9b}2J\u{200b}-漢' && git commit -q --allow-empty -m other && git checkout -q -; # \(Self.attack)
                """
            let ran = try await sam.sam("run", "--project", "project", "--agent", "hostile", script)
            #expect(ran.termination == .exited(0), "\(ran.standardError)")
            check(
                ran, "run",
                shows: [
                    Self.plain, "Thinking:\n  │ \(Self.shown)", "▸ nameless \(Self.shown)", "1. \(Self.shown)", "⏎● completed  0.1 s\n",
                    "b<U+202E><U+2066><U+009B>2J<U+200B>-漢",
                ])
            let list = try await sam.json("sessions", "list")
            let id = try #require(list["sessions"]?.elements?.first?["id"]?.string)
            check(try await sam.sam("sessions", "list"), "list", shows: ["^[", "echo b"])
            check(try await sam.sam("sessions", "watch", id), "watch", shows: [Self.plain, "nameless \(Self.shown)"])
            check(try await sam.sam("sessions", "show", id), "show", shows: ["漢"])
            check(try await sam.sam("sessions", "prompts", id), "prompts", shows: ["echo b"])
            check(try await sam.sam("sessions", "diff", "--files", id), "files")
            // The values are the agent's own; what a terminal would act on is escaped in them.
            let events = try await sam.sam("sessions", "watch", id, "--json")
            check(events, "events", shows: ["\\u202e", Self.plain])
            let ids = try await sam.events(id).filter { $0["kind"] == "toolCall" }.compactMap { $0["payload"]?["id"]?.string }
            #expect(ids.contains("nameless " + Self.attack), "\(ids)")
            check(try await sam.sam("sessions", "show", id, "--json"), "show as JSON", shows: ["\\u202e", "漢"])

            let failed = try await sam.sam("run", "--project", "project", "--agent", "hostile", "fail \(Self.attack)\n● completed")
            check(failed, "failed", shows: [Self.plain, "Failed: "])
            #expect(failed.termination == .exited(1) && !failed.text.contains("\n● completed\n"), "\(failed.text)")

            let asking = try await sam.start(project: "project", agent: "hostile", "ask")
            _ = try await sam.question(of: asking)
            check(try await sam.sam("sessions", "answer", asking), "question", shows: [Self.plain, "1  allow   \(Self.shown)"])
            check(try await sam.sam("sessions", "answer", asking, Self.attack), "no answer")
            check(try await sam.sam("sessions", "answer", asking, "allow"), "answered")
            check(try await sam.sam("sessions", "watch", asking), "watch with a question", shows: ["answered “\(Self.shown)"])
            check(try await sam.sam("audit"), "audit", shows: [])
            check(try await sam.sam("notifications", "list", "--all"), "notifications", shows: [])
            try checkLog(of: sam)
        }
    }

    @Test("Names, labels, reasons and wrong words of people change nothing on a terminal and in the log, and plain words come through")
    func people() async throws {
        try await SamFixture.with { sam in
            try await sam.serve("--verbose")
            try await sam.project()
            let bad = Self.attack
            // These take no line breaks, and so would refuse all of it.
            let name = bad.filter { !$0.isNewline }
            let acts: [[String]] = [
                ["projects", "add", "/nowhere/" + bad], ["projects", "add", "https://127.0.0.1:1/" + bad],
                ["projects", "add", sam.scratch, "--name", bad],
                ["users", "add", bad], ["tokens", "create", name], ["tokens", "list"], ["keys", "create", "--name", name],
                ["keys", "list"],
                ["credentials", "set", "anthropic", "--label", name], ["credentials", "list"],
                ["credentials", "off", "anthropic", "--reason", name, "--yes"],
                ["credentials", "explain", "anthropic"], ["credentials", "explain", bad],
                ["settings", "off", "sessions.limit", "--reason", name],
                ["settings", "explain", "sessions.limit"], ["settings", "explain", bad], ["settings", "set", "sessions.limit", bad],
                ["providers", "set", bad, "--url", "http://" + bad], ["sessions", "show", bad], ["sessions", "answer", bad, bad],
                ["run", "--project", bad, bad], ["run", "--project", "project", "--agent", bad, bad],
                ["run", "--project", "project", "--permissions", bad],
                ["run", "--project", "project", "--attach", "/nowhere/" + bad, "x"], [bad], ["sessions", bad], ["run", "--" + bad],
                ["audit"],
                ["notifications", "list", "--all"], ["usage", "--project", bad], ["usage", "--by", bad],
            ]
            var all = ""
            for act in acts {
                let output = try await sam.sam(act, input: "sk-ant-a-secret-for-a-test-0001")
                check(output, act.joined(separator: " ").debugDescription, shows: [])
                all += output.text + output.standardError
                let dump = ["Error Domain=", "Code=", "NIOConnectionError", "HTTPClientError", "Swift.", "Optional("].first {
                    (output.text + output.standardError).contains($0)
                }
                #expect(dump == nil, "\(act): \(output.text)\(output.standardError)")
            }
            // The control: what is harmless in the same words is there, more than once for each layer of it.
            #expect(all.matches(of: try Regex(NSRegularExpression.escapedPattern(for: Self.plain))).count > 10, "\(all)")
            // Earlier versions stored such words, which are refused now.
            for act in [
                ["tokens", "create", "earlier"], ["keys", "create", "--name", "earlier"],
                ["credentials", "set", "anthropic", "--label", "earlier"],
                ["credentials", "off", "anthropic", "--reason", "earlier", "--yes"],
                ["settings", "off", "sessions.limit", "--reason", "earlier"],
            ] {
                let output = try await sam.sam(act, input: "sk-ant-a-secret-for-a-test-0001")
                #expect(output.termination == .exited(0), "\(act): \(output.standardError)")
            }
            try await Store.sqlite(at: sam.home + "/sam.db").write { transaction in
                for (table, column) in [
                    ("api_tokens", "name"), ("leases", "name"), ("credentials", "label"), ("bindings", "reason"), ("settings", "reason"),
                    ("audit", "detail"),
                ] {
                    _ = try transaction.execute("UPDATE \(table) SET \(column) = REPLACE(\(column), 'earlier', $1)", name)
                }
            }
            for act in [
                ["audit"], ["credentials", "list"], ["tokens", "list"], ["keys", "list"], ["settings", "explain", "sessions.limit"],
            ] {
                check(try await sam.sam(act), act.joined(separator: " "))
                check(try await sam.sam(act + ["--json"]), act.joined(separator: " ") + " as JSON", shows: [Self.plain, "\\u202e"])
            }
            try checkLog(of: sam)
        }
    }

    /// The server's log: no character that acts, and no line that is not the logger's own.
    private func checkLog(of sam: SamFixture) throws {
        let log = try String(contentsOfFile: sam.scratch + "/server.log", encoding: .utf8)
        #expect(!log.isEmpty && HostileText.hidden(in: log, newlines: true).isEmpty, "\(log.debugDescription)")
        let forged = log.split(separator: "\n").filter { $0.hasPrefix("●") }
        #expect(forged.isEmpty, "\(forged)")
    }
}
