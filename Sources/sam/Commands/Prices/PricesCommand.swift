import ArgumentParser

struct PricesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prices", abstract: "What models cost, and what a project says that they cost.",
        discussion: """
            Costs are computed from a dated list; prices.yaml in SAM's home takes precedence. A project's own prices count in its own budget \
            only. The setting gateway.unpricedModels says what happens to models without a price: estimate, or refuse.

            EXAMPLES
              sam prices                                  the whole list
              sam prices opus                             models with “opus” in their names
              sam prices set llama3:8b --project site --input 0.1 --output 0.2
              sam prices rm llama3:8b --project site
            """,
        subcommands: [PricesList.self, PricesSet.self, PricesRemove.self], defaultSubcommand: PricesList.self)
}
