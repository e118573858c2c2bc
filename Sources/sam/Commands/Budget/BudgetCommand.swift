import ArgumentParser

struct BudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget", abstract: "How much may be spent in a day or a month, by you, a project or everybody.",
        discussion: """
            All budgets that apply to a request must hold: the platform's, yours, and the project's. What a request may cost is held before \
            it is made, so that many at once can't spend more than there is. A request waits while what it needs is held for others, as long \
            as the setting gateway.budgetWaitSeconds says; it is refused when that is spent. Days and months begin at midnight of the \
            setting budgets.timeZone.

            EXAMPLES
              sam budget set 20                           you, a month
              sam budget set 5 --per day --project site
              sam budget set 500 --scope platform         everybody
              sam budget set 20 --mode typical            hold what requests usually cost
              sam budget off --scope platform --reason "release week"
              sam budget list
              sam budget explain --project site
            """,
        subcommands: [BudgetList.self, BudgetExplain.self, BudgetSet.self, BudgetOff.self, BudgetOn.self, BudgetClear.self],
        defaultSubcommand: BudgetList.self)
}
