import AgentProtocol
import ArgumentParser
import ControlPlane

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who did what, and when. For administrators.",
        discussion: """
            EXAMPLES
              sam audit
              sam audit --limit 500 --json
            """)

    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show("/api/v1/audit", show)
    }

    private func show(_ listing: Listing.Audit) {
        var table = Table(["WHEN", "WHO", "WHAT", .whole("TO WHAT"), "DETAIL"])
        for line in listing.audit {
            table.add([Time.day(line.at), line.actorName ?? line.actor, line.action, line.subject, line.detail])
        }
        table.show()
    }
}
