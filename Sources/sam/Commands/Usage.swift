import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import Metering

struct Usage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "What was used through the gateway, in tokens and dollars.",
        discussion: """
            Costs are reckoned from a dated list of prices; put your own into prices.yaml in SAM's home. A line that holds estimates says so: \
            answers that were cut, or models whose price is not known. Days and months are those of budgets: they begin at midnight of the \
            setting budgets.timeZone.

            EXAMPLES
              sam usage                          this month, by model
              sam usage --by day --days 7        a week, day by day
              sam usage --by session --project site --json
            """)

    @Option(help: "What each line is about: model, project, user, session, credential, provider, day, or reason (why rows are estimates).")
    var by = UsageGrouping.model

    @Option(
        parsing: .unconditional, help: "The number of days to count, today included. Without this, this month is counted.",
        transform: Self.readDays)
    var days: Int?

    @Option(help: "Count only what this project used.")
    var project: String?

    @Option(help: "Count only what this session used.")
    var session: String?

    @OptionGroup var list: ListOptions

    private static func readDays(_ text: String) throws -> Int {
        guard let days = Int(text), (1...10_000).contains(days) else { throw ValidationError("--days takes a number from 1 to 10000.") }
        return days
    }

    func run() async throws {
        // The server knows when days and months begin: it depends on the time zones of the budgets.
        var query = "?by=\(by.rawValue)&" + (days.map { "days=\($0)" } ?? "since=\(Period.month.rawValue)")
        if let project { query += "&project=\(project.pathSegment)" }
        if let session { query += "&session=\(session.pathSegment)" }
        let path = "/api/v1/usage" + query
        try await list.show(path) { (listing: Listing.Usage) in show(listing) }
    }

    private func show(_ listing: Listing.Usage) {
        guard !listing.usage.isEmpty else {
            return Terminal.line("Nothing was used since \(listing.sinceText).")
        }
        Terminal.line("Since \(listing.sinceText)")
        let name = by == .day ? "DAY (\(listing.timeZone))" : by.rawValue.uppercased()
        var table = Table([.text("\(name)"), .whole("REQUESTS"), .whole("INPUT"), .whole("CACHED"), .whole("OUTPUT"), .whole("COST"), ""])
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
        // The sum of a part could be taken for the total.
        if listing.usage.count > 1, listing.next == nil { Terminal.line(Terminal.styled("Together \(total.text)", .bold)) }
    }
}

extension UsageGrouping: ExpressibleByArgument {}
