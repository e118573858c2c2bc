import ArgumentParser
import NIOHTTP1

struct BudgetClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make a layer say nothing about a budget.",
        discussion: """
            EXAMPLES
              sam budget clear --per day --project swift-nio
            """)

    @OptionGroup var budget: BudgetOptions

    func run() async throws {
        try await budget.send(.POST, "/clear")
    }
}
