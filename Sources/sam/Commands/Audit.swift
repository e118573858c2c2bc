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

    @Option(help: "How many lines, at most 1000.")
    var limit = 50

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Audit = try await Connection.with { try await $0.get("/api/v1/audit?limit=\(limit)") }
        if json { return try Terminal.json(listing) }
        var table = Table(["WHEN", "WHO", "WHAT", "TO WHAT", "DETAIL"])
        for line in listing.audit { table.add([Time.day(line.at), line.actorName ?? line.actor, line.action, line.subject, line.detail]) }
        table.show()
    }
}
