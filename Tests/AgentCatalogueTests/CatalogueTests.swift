import AgentCatalogue
import Foundation
import Testing

@Suite("The catalogue of agents")
struct CatalogueTests {
    private func catalogue(_ yaml: String) throws -> Catalogue {
        let file = NSTemporaryDirectory() + "agents-\(UUID().uuidString).yaml"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data(yaml.utf8).write(to: URL(filePath: file))
        return Catalogue(userFile: file)
    }

    @Test("Scout is built in, and the built-in file has no mistake")
    func builtIn() throws {
        let catalogue = Catalogue()
        #expect(catalogue.problems.isEmpty)
        #expect(catalogue.agent("scout")?.command == ["sam-scout"])
    }

    @Test("A user's entry adds an agent, or replaces the one with its id")
    func userEntries() throws {
        let catalogue = try catalogue(
            """
            agents:
              - {id: mine, protocol: acp, command: [mine, --acp], needs: [/opt/mine], environment: {A: b}, install: "get it"}
              - {id: scout, protocol: acp, command: [other-scout]}
            """)
        #expect(catalogue.problems.isEmpty)
        #expect(catalogue.agent("mine")?.needs == ["/opt/mine"])
        #expect(catalogue.agent("mine")?.environment == ["A": "b"])
        #expect(catalogue.agent("scout")?.command == ["other-scout"])
        #expect(Set(catalogue.agents.map(\.id)) == ["scout", "claude-code", "codex", "mine"])
    }

    @Test(
        "A mistake in one entry is told with file and line; the others work",
        arguments: [
            ("{id: bad, command: [x]}", "protocol"), ("{id: bad, protocol: smtp, command: [x]}", "smtp"),
            ("{id: Bad Id, protocol: acp, command: [x]}", "Bad Id"), ("{id: bad, protocol: acp, command: []}", "command"),
            ("{id: bad, protocol: acp, command: [x], needs: [relative]}", "relative"), ("just text", "mapping"),
            ("{protocol: acp, command: [x]}", "id"), ("{id: bad, protocol: acp, command: {a: b}}", "command"),
        ])
    func mistakes(_ entry: String, _ word: String) throws {
        let catalogue = try catalogue("agents:\n  - {id: good, protocol: acp, command: [good]}\n  - \(entry)\n")
        #expect(catalogue.agent("good") != nil)
        #expect(catalogue.agent("bad") == nil)
        let problem = try #require(catalogue.problems.first)
        #expect(problem.line == 3)
        #expect(problem.message.contains(word))
        #expect(problem.description.contains(".yaml:3: "))
    }

    @Test("A file that is no YAML, or has no list, costs nothing but itself", arguments: ["agents: [", "other: thing", "\t- x"])
    func noYAML(_ text: String) throws {
        let catalogue = try catalogue(text)
        #expect(catalogue.agent("scout") != nil)
        #expect(catalogue.problems.count == 1)
    }
}
