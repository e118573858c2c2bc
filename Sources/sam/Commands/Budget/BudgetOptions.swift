import API
import Accounts
import AgentProtocol
import ArgumentParser
import Metering
import NIOHTTP1

/// The budget that a command changes.
struct BudgetOptions: ParsableArguments {
    @Option(help: "day or month.")
    var per = Period.month

    @Option(help: "user (the usual one), project or platform.")
    var scope: Scope?

    @Option(help: "The project, for its layer.")
    var project: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try Scope.check(scope, project: project)
    }

    /// Sends a change and prints the resulting budgets.
    func send(_ method: HTTPMethod, _ act: String = "", limit: String? = nil, mode: BudgetMode? = nil, reason: String? = nil) async throws {
        let change = BudgetChange(
            scope: scope ?? (project == nil ? .user : .project), project: project, limit: limit, mode: mode?.rawValue, reason: reason)
        let path = "/api/v1/budgets/\(per.rawValue)\(act)"
        let listing: Listing.Budgets = try await Connection.with { try await $0.send(method, path, change) }
        try listing.show(json: json)
    }
}

extension Period: ExpressibleByArgument {}
extension BudgetMode: ExpressibleByArgument {}

extension Listing.Budgets {
    /// Prints all budgets.
    func show(json: Bool) throws {
        if json { return try Terminal.json(self) }
        guard !budgets.isEmpty else { return Terminal.line("There is no budget. Set one with: sam budget set 20") }
        var table = Table(["SCOPE", "A", "LIMIT", "MODE", "SPENT", "HELD", "STATE", "RESETS"])
        for budget in budgets {
            table.add([
                [budget.scope.rawValue, budget.owner].compactMap(\.self).joined(separator: " "), budget.period.rawValue, budget.limit.text,
                budget.mode.rawValue, budget.spent.text, budget.reserved.text,
                budget.isOn ? "on" : "turned off" + (budget.reason.map { ": \($0)" } ?? ""),
                LocalTime(zone: budget.timeZone).text(budget.resetsAt),
            ])
        }
        table.show()
        if budgets.contains(where: { $0.mode == .typical }) {
            Terminal.line("A typical budget holds what such requests usually cost, and may be passed by up to 10 %.")
        }
    }
}
