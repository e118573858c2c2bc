import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import Metering

struct Usage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "What was used through the gateway, in tokens and dollars.",
        discussion: """
            Costs are reckoned from a dated list of prices; put your own into prices.yaml in SAM's home. A line that holds estimates says so:
            answers that were cut, or models whose price is not known.

            EXAMPLES
              sam usage                          this month, by model
              sam usage --by day --days 7
              sam usage --by session --project site --json
            """)

    @Option(help: "model, project, user, session, credential, provider or day.")
    var by = UsageGrouping.model

    @Option(help: "Of the last so many days. Without this, of this month.")
    var days: Int?

    @Option(help: "Of this project.")
    var project: String?

    @Option(help: "Of this session.")
    var session: String?

    @OptionGroup var list: ListOptions

    func validate() throws {
        if let days, days < 1 || days > 10_000 { throw ValidationError("--days is a number from 1 to 10000.") }
    }

    func run() async throws {
        let since = days.map { Time.now - Int64($0) * 86_400_000 } ?? Period.month.interval(of: Time.now).start
        var query = "?by=\(by.rawValue)&since=\(since)"
        if let project { query += "&project=\(project.pathSegment)" }
        if let session { query += "&session=\(session.pathSegment)" }
        let path = "/api/v1/usage" + query
        try await list.show(path) { (listing: Listing.Usage) in show(listing, since: since) }
    }

    private func show(_ listing: Listing.Usage, since: Int64) {
        guard !listing.usage.isEmpty else { return Terminal.line("Nothing was used since \(Time.day(since)).") }
        var table = Table(["\(by.rawValue.uppercased())", "REQUESTS", "INPUT", "CACHED", "OUTPUT", "COST", ""])
        for line in listing.usage {
            let notes = [
                line.estimated > 0 ? "\(line.estimated) estimated" : nil, line.unsettled > 0 ? "\(line.unsettled) unsettled" : nil,
            ].compactMap(\.self)
            table.add([
                line.name.isEmpty ? "(none)" : line.name, String(line.requests),
                String(line.usage.input + line.usage.cacheWrite + line.usage.cacheWriteLong), String(line.usage.cacheRead),
                String(line.usage.output), line.cost.text, notes.joined(separator: ", "),
            ])
        }
        table.show()
        let total = listing.usage.reduce(Money.zero) { $0 + $1.cost }
        // A sum of a part would be taken for the whole.
        if listing.usage.count > 1, listing.next == nil { Terminal.line(Terminal.styled("Together \(total.text)", .bold)) }
    }
}

extension UsageGrouping: ExpressibleByArgument {}
