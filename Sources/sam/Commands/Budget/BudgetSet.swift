import ArgumentParser
import NIOHTTP1

struct BudgetSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a budget. What was spent in this period already counts.",
        discussion: """
            EXAMPLES
              sam budget set 20
              sam budget set 5 --per day --project swift-nio
            """)

    @Argument(help: "Dollars, like 20 or 0.50.")
    var amount: String
    @OptionGroup var budget: BudgetOptions

    func run() async throws {
        try await budget.send(.PUT, limit: amount)
    }
}
