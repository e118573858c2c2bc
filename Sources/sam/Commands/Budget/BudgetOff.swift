import ArgumentParser

struct BudgetOff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "off", abstract: "Turn a budget off. It keeps its amount and holds nothing back until it is turned on.",
        discussion: """
            EXAMPLES
              sam budget off --scope platform --reason "release week"
            """)

    @Option(help: "The reason, which is shown with it later.")
    var reason: String?
    @OptionGroup var budget: BudgetOptions

    func run() async throws {
        try await budget.send(.off, reason: reason)
    }
}
