import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import Sessions

struct SessionsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List sessions, the newest first.")

    @Option(help: "Only those of this project.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let query = project.map { "?project=\($0.pathSegment)" } ?? ""
        let listing: Listing.Sessions = try await Connection.with { try await $0.get("/api/v1/sessions\(query)") }
        if json { return try Terminal.json(listing) }
        guard !listing.sessions.isEmpty || !listing.unreadable.isEmpty else {
            return Terminal.line("There are no sessions yet. Start one with: sam run --repo PATH|URL")
        }
        var table = Table(["SESSION", "STATE", "PROJECT", "AGENT", "STARTED", "TASK"])
        for session in listing.sessions {
            table.add([
                session.id.rawValue, session.status, session.project + (session.sandbox == .none ? " (NO SANDBOX)" : ""),
                session.agent, Time.ago(session.createdAt), String(session.title.prefix(60)),
            ])
        }
        for session in listing.unreadable {
            table.add([
                session.id.rawValue, "unreadable", session.project ?? "?", "?", session.createdAt.map(Time.ago) ?? "?",
                String((session.title ?? "").prefix(60)),
            ])
        }
        table.show()
        for session in listing.unreadable {
            let slot = session.holdsSlot ? " It counts as one that runs." : ""
            Terminal.warn(
                "! \(session.id.rawValue) can't be read and is kept as it is: \(session.reason).\(slot)\n  \(session.nextStep)"
            )
        }
    }
}
