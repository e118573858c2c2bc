import ArgumentParser

struct BudgetOn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "on", abstract: "Turn a budget on again with the amount that it had.",
        discussion: """
            EXAMPLES
              sam budget on --scope platform
            """)

    @OptionGroup var budget: BudgetOptions

    func run() async throws {
        try await budget.send(.on)
    }
}
