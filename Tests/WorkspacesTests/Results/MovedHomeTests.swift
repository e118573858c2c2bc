import Accounts
import AgentProtocol
import Foundation
import Logging
import Testing

@testable import Workspaces

@Suite("A home that was moved")
struct MovedHomeTests {
    @Test("Results have no path of the home, and their changes, patches and files are read from where the mirrors are now")
    func moved() async throws {
        try await SalvageFixture.with { fixture in
            let workspace = try await fixture.workspace()
            let result = try await workspace.leave(
                "echo one > one.txt; git add .; git commit -qm One; git commit --allow-empty -qm Away; git reset -q --hard HEAD^")
            #expect(result.others.contains { $0.repository == .session })
            let stored = try JSONLine.text(result)
            #expect(!stored.replacing("\\/", with: "/").contains(fixture.folder))
            let before = try await fixture.host.patch(of: result)

            let there = fixture.folder + "/elsewhere"
            try FileManager.default.moveItem(atPath: fixture.host.home.path, toPath: there)
            let host = try LocalHost(
                home: Home(path: there), programs: try #require(SalvageFixture.programs), logger: Logger(label: "test"))
            let again: WorkspaceResult = try JSONLine.decode(from: stored)
            #expect(try await host.patch(of: again) == before)
            #expect(try await host.changes(in: again).map(\.path) == ["one.txt"])
            #expect(try await host.file("one.txt", changedBy: again, limit: 1_000) == "one\n")
            let places = host.places(of: workspace.session, in: fixture.project.id)
            #expect(places.mirror.hasPrefix(there + "/"))
            #expect(FileManager.default.fileExists(atPath: places[.session]))
        }
    }
}
