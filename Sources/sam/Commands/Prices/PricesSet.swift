import AgentProtocol
import ArgumentParser
import ControlPlane
import NIOHTTP1

struct PricesSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set what a model costs a project.",
        discussion: """
            It counts in the project's budget only: all other budgets use the list, or an estimate. Amounts are dollars for a million \
            tokens. The name also matches itself with a date or with -latest.

            EXAMPLES
              sam prices set llama3:8b --project site --input 0.1 --output 0.2
              sam prices set gpt-5.4 --project site --input 2 --output 12 --cache-read 0.2
            """)

    @Argument(help: "The model, as it is asked for.")
    var model: String

    @Option(help: "The project that it costs so much.")
    var project: String

    @Option(help: "Dollars for what the model reads.")
    var input: String

    @Option(help: "Dollars for what the model writes.")
    var output: String

    @Option(help: "Dollars for what is read from a cache; as the input if left out.")
    var cacheRead: String?

    @Option(help: "Dollars for what is written to a cache; as the input if left out.")
    var cacheWrite: String?

    @Option(help: "Dollars for what is written to a cache for an hour; as the input if left out.")
    var cacheWriteLong: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let change = PriceChange(
            model: model, input: input, output: output, cacheRead: cacheRead, cacheWrite: cacheWrite, cacheWriteLong: cacheWriteLong)
        let path = "/api/v1/projects/\(project.pathSegment)/prices"
        let listing: Listing.Prices = try await Connection.with { try await $0.send(.PUT, path, change) }
        if json { return try Terminal.json(listing) }
        listing.show(project: project)
    }
}
