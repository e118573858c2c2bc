import Accounts
import AgentProtocol
import ArgumentParser
import ControlPlane
import Metering

/// The budget that a command changes.
struct BudgetOptions: ParsableArguments {
    @Option(help: "The period: a day or a month.")
    var per = Period.month

    @OptionGroup var layer: LayerOptions

    /// Makes a change, says at which layer, and prints the resulting budgets.
    func send(_ act: LayerAct, limit: String? = nil, mode: BudgetMode? = nil, reason: String? = nil) async throws {
        let scope = layer.layer()
        let change = BudgetChange(scope: scope, project: layer.project, limit: limit, mode: mode?.rawValue, reason: reason)
        let listing: Listing.Budgets = try await Connection.with {
            try await $0.send(act.method, "/api/v1/budgets/\(per.rawValue)\(act.place)", change)
        }
        if !layer.json { Terminal.line(act.sentence("The budget a \(per.rawValue)", at: scope, project: layer.project)) }
        try listing.show(json: layer.json)
    }
}

extension Period: ExpressibleByArgument {}
extension BudgetMode: ExpressibleByArgument {}

extension Listing.Budgets {
    /// Prints all budgets.
    func show(json: Bool) throws {
        if json { return try Terminal.json(self) }
        guard !budgets.isEmpty else { return Terminal.line("There is no budget. Set one with: sam budget set 20") }
        var table = Table(["SCOPE", "A", .whole("LIMIT"), "MODE", .whole("SPENT"), .whole("HELD"), "STATE", "RESETS"])
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
