import ArgumentParser
import Metering

struct BudgetSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a budget. What was spent in this period already counts.",
        discussion: """
            EXAMPLES
              sam budget set 20
              sam budget set 5 --per day --project swift-nio
              sam budget set 20 --mode typical
            """)

    @Argument(help: "The amount in dollars, like 20 or 0.50.")
    var amount: String
    @Option(
        help: """
            What is held for a request. strict (a new budget's) holds the most that a request may cost, so no more is spent than the limit. typical holds the 95th \
            percentile of at least 50 such requests here; spent plus the most of all under way stays within 110 % of the limit. What a \
            request doesn't show, such as a provider's own tools, can exceed both: see docs/gateway.md.
            """)
    var mode: BudgetMode?
    @OptionGroup var budget: BudgetOptions

    func run() async throws {
        try await budget.send(.set(to: "$\(amount)"), limit: amount, mode: mode)
    }
}
