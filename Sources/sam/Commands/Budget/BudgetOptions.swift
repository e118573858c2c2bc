import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Metering
import NIOHTTP1

/// Which budget a command is about.
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

    /// Sends a change and shows what holds then.
    func send(_ method: HTTPMethod, _ act: String = "", limit: String? = nil, reason: String? = nil) async throws {
        let change = BudgetChange(scope: scope ?? (project == nil ? .user : .project), project: project, limit: limit, reason: reason)
        let path = "/api/v1/budgets/\(per.rawValue)\(act)"
        let listing: Listing.Budgets = try await Connection.with { try await $0.send(method, path, change) }
        try listing.show(json: json)
    }
}

extension Period: ExpressibleByArgument {}

extension Listing.Budgets {
    /// Prints all budgets.
    func show(json: Bool) throws {
        if json { return try Terminal.json(self) }
        guard !budgets.isEmpty else { return Terminal.line("There is no budget. Set one with: sam budget set 20") }
        var table = Table(["SCOPE", "A", "LIMIT", "SPENT", "HELD BACK", "STATE", "BEGINS ANEW"])
        for budget in budgets {
            table.add([
                [budget.scope.rawValue, budget.owner].compactMap(\.self).joined(separator: " "), budget.period.rawValue, budget.limit.text,
                budget.spent.text, budget.reserved.text, budget.isOn ? "on" : "off" + (budget.reason.map { ": \($0)" } ?? ""),
                Time.day(budget.resetsAt),
            ])
        }
        table.show()
    }
}
