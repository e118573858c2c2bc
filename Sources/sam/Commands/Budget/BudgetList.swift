import API
import ArgumentParser

struct BudgetList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the budgets that your requests have to hold, with what is left.",
        discussion: """
            EXAMPLES
              sam budget list
              sam budget list --json
            """)

    @OptionGroup var list: ListOptions

    func run() async throws {
        try await list.show("/api/v1/budgets") { (listing: Listing.Budgets) in try listing.show(json: false) }
    }
}
