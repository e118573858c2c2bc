import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import Sessions

struct SessionsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List sessions: those that run first, then the newest.",
        discussion: """
            Those that need an answer come before all others, then those that run, those that wait for their turn in the order in which they \
            start, and what is over.

            EXAMPLES
              sam sessions list
              sam sessions list --status asking
              sam sessions list --project swift-nio --mine --limit all
            """)

    @Option(help: "List only those of this project.")
    var project: String?

    @Option(help: "List only these: live, asking (they need an answer), over, or a state such as failed.")
    var status: String?

    @Flag(help: "List only your own.")
    var mine = false

    @OptionGroup var list: ListOptions

    private var query: String {
        let parts = [project.map { "project=\($0.pathSegment)" }, status.map { "status=\($0.pathSegment)" }, mine ? "mine=true" : nil]
        return parts.compactMap(\.self).joined(separator: "&")
    }

    func run() async throws {
        try await list.show("/api/v1/sessions" + (query.isEmpty ? "" : "?\(query)"), join: Self.join, show)
    }

    private func show(_ listing: Listing.Sessions) {
        guard !listing.sessions.isEmpty || !listing.unreadable.isEmpty else {
            return Terminal.line(
                query.isEmpty ? "There are no sessions yet. Start one with: sam run --repo PATH|URL" : "There is no such session.")
        }
        var table = Table([.whole("SESSION"), "STATE", "PROJECT", "AGENT", "STARTED", "TASK"])
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

    /// Merges pages. A session that changes between two requests may be in both.
    private static func join(_ whole: inout Listing.Sessions, _ part: Listing.Sessions) {
        var seen: Set<SessionID> = []
        whole.sessions = whole.sessions.filter { seen.insert($0.id).inserted }
        whole.unreadable += part.unreadable
    }
}
