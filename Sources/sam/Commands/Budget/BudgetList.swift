import ArgumentParser
import ControlPlane

struct BudgetList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the budgets that your requests have to hold, with what is left.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let listing: Listing.Budgets = try await Connection.with { try await $0.get("/api/v1/budgets") }
        try listing.show(json: json)
    }
}
