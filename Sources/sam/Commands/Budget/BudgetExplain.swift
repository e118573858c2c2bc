import Accounts
import ArgumentParser
import Cascade
import ControlPlane
import Metering

struct BudgetExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell which budgets a request has to hold, and which of them has the least left.",
        discussion: """
            EXAMPLES
              sam budget explain
              sam budget explain --per day --project swift-nio
              sam budget explain --json
            """)

    @Option(help: "The period: a day or a month.")
    var per = Period.month

    @Option(help: "The name or id of the project in which the request is made.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let query = project.map { "?project=\($0.pathSegment)" } ?? ""
        let listing: Explanations<BudgetExplanation> = try await Connection.with {
            try await $0.get("/api/v1/budgets/\(per.rawValue)\(query)")
        }
        if json { return try Terminal.json(listing) }
        for budget in listing.explanations {
            Terminal.line(Terminal.styled("\(budget.sentence)", .bold))
            for layer in budget.layers {
                let what = layer.limit.map { "\($0.text), \(layer.spent?.text ?? "?") spent, \(layer.reserved?.text ?? "?") held" }
                Terminal.layer(
                    layer.scope.rawValue, finding: layer.finding, verdict: layer.verdict, what: what, by: layer.by, at: layer.at,
                    reason: layer.reason)
            }
        }
    }
}
