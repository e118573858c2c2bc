import AgentProtocol
import Processes
import Testing

@testable import SystemSupport

@Suite("sam settings")
struct SettingsCommandTests {
    private static let key = "agents.handshakeSeconds"

    @Test("A setting is explained by its layers, the verdict and the standard")
    func explanation() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let standard = try await explain(sam)
            #expect(standard.first == "agents.handshakeSeconds is 60: no scope says anything, so the standard holds.")
            #expect(standard.dropFirst().map { $0.prefix(10) } == ["  project ", "  user    ", "  platform", "  standard"])

            _ = try await change("set", "90", "--scope", "platform", sam: sam)
            _ = try await change("set", "5", "--project", "project", sam: sam)
            let narrow = try await explain(sam)
            #expect(narrow.first == "agents.handshakeSeconds is 5, set at the project scope.")
            #expect(layer("project", narrow).contains("on “5” by owner on ") && layer("project", narrow).hasSuffix("(this decides)"))
            #expect(layer("platform", narrow).contains("on “90” by owner") && layer("platform", narrow).hasSuffix("(not asked)"))
        }
    }

    @Test("Off, on and clear at a project's layer: off keeps the value and tells why, on uses it again, clear forgets it")
    func offOnClear() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let project = ["--project", "project"]
            let early = try await sam.sam(["settings", "on", Self.key] + project)
            #expect(early.termination == .exited(1) && early.standardError.contains("has no value at project"))
            _ = try await change("set", "5", "--project", "project", sam: sam)
            for (act, options, value, state) in [
                ("off", ["--reason", "too tight"], "60", "turned off “5” by owner"), ("on", [], "5", "on “5” by owner"),
                ("off", [], "60", "turned off “5” by owner"), ("clear", [], "60", "says nothing"),
            ] {
                let output = try await sam.sam(["settings", act, Self.key] + project + options)
                #expect(output.termination == .exited(0), "\(output.standardError)")
                #expect(
                    output.text.split(separator: "\n").dropFirst().first?.hasPrefix("agents.handshakeSeconds = \(value)  ") == true,
                    "\(act): \(output.text)")
                #expect(output.text.contains("at the project scope (project)"), "\(output.text)")
                let line = layer("project", try await explain(sam))
                #expect(line.contains(state) && line.contains("too tight") == options.contains("too tight"), "\(act): \(line)")
            }
            let gone = try await sam.sam(["settings", "on", Self.key] + project)
            #expect(gone.termination == .exited(1), "What was cleared has no value to return to")
        }
    }

    @Test("Where layers are a ceiling the tightest holds, and a switch that is turned off is off")
    func ceiling() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            for arguments in [["100", "--project", "project"], ["200"], ["50", "--scope", "platform"]] {
                let output = try await sam.sam(["settings", "set", "sandbox.processes"] + arguments)
                #expect(output.termination == .exited(0), "\(output.standardError)")
            }
            let limit = try await explain(sam, "sandbox.processes")
            #expect(limit.first?.contains("is 50: the platform scope is the tightest") == true)
            #expect(layer("platform", limit).hasSuffix("(the tightest)"))

            let file = "credentials.signInFiles"
            _ = try await sam.sam("settings", "set", file, "true")
            #expect(try await explain(sam, file).first?.contains("is true") == true)
            _ = try await sam.sam("settings", "off", file, "--project", "project", "--reason", "not here")
            #expect(try await explain(sam, file).first?.contains("is false") == true)
            _ = try await sam.sam("settings", "clear", file, "--project", "project")
            #expect(try await explain(sam, file).first?.contains("is true") == true)
        }
    }

    @Test("With --json a setting is an object with its layers, and the list holds them all")
    func json() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            _ = try await change("off", "--project", "project", "--reason", "too tight", sam: sam)
            guard case .array(let one)? = try await sam.json("settings", "explain", Self.key, "--project", "project")["explanations"],
                case .array(let all)? = try await sam.json("settings", "list", "--project", "project")["settings"],
                case .array(let layers)? = one.first?["layers"]
            else { throw CancellationError() }
            #expect(one.count == 1 && all.count > 5)
            #expect(all.filter { $0["key"]?.string == Self.key } == one, "The list tells the same")
            #expect(layers.map { $0["scope"]?.string } == ["project", "user", "platform"])
            #expect(layers.map { $0["finding"]?.string } == ["inactive", "absent", "absent"])
            #expect(layers.first?["reason"] == "too tight" && layers.first?["by"] == "owner")
            #expect(one.first?["value"] == "60" && one.first?["standard"] == "60")
        }
    }

    @Test("An unknown setting, an invalid value or layer is refused, and nothing is changed")
    func refused() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let before = try await sam.rows()
            for (arguments, code, words) in [
                (["set", "no.such.setting", "1"], 1, "sessions.limit"), (["set", "sessions.limit", "nine"], 1, "from 1 to 10000"),
                (["set", "sessions.limit", "0"], 1, "from 1 to 10000"),
                (["set", "sessions.limit", "4", "--project", "project"], 1, "platform"),
                (["set", "credentials.signInFiles", "yes"], 1, "true or false"), (["on", Self.key], 1, "no value"),
                (["set", Self.key, "5", "--project", "nowhere"], 1, "nowhere"), (["explain", "no.such.setting"], 1, "sessions.limit"),
                (["set", Self.key, "5", "--scope", "galaxy"], 2, "galaxy"), (["set", Self.key, "5", "--scope", "project"], 2, "--project"),
                (["set", Self.key, "5", "--scope", "user", "--project", "project"], 2, "--scope user"), (["set", Self.key], 2, "value"),
            ] as [([String], Int32, String)] {
                let output = try await sam.sam(["settings"] + arguments)
                #expect(output.termination == .exited(code), "\(arguments): \(output.standardError)")
                #expect(output.standardError.contains(words), "\(arguments): \(output.standardError)")
            }
            #expect(try await sam.rows() == before)
        }
    }

    // MARK: - Parts

    private func explain(_ sam: SamFixture, _ key: String = SettingsCommandTests.key) async throws -> [String] {
        let output = try await sam.sam("settings", "explain", key, "--project", "project")
        #expect(output.termination == .exited(0), "\(output.standardError)")
        return output.text.split(separator: "\n").map(String.init)
    }

    private func change(_ act: String, _ options: String..., sam: SamFixture) async throws -> String {
        let output = try await sam.sam(["settings", act, Self.key] + options)
        #expect(output.termination == .exited(0), "\(output.standardError)")
        return output.text
    }

    private func layer(_ scope: String, _ lines: [String]) -> String {
        lines.dropFirst().first { $0.hasPrefix("  \(scope) ") } ?? ""
    }
}
