import ArgumentParser

struct BudgetClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make a layer say nothing, so that it has no budget. Its amount is forgotten.",
        discussion: """
            EXAMPLES
              sam budget clear --per day --project swift-nio
            """)

    @OptionGroup var budget: BudgetOptions

    func run() async throws {
        try await budget.send(.clear)
    }
}
