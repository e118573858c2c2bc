import ArgumentParser
import ControlPlane
import Metering

struct PricesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what models cost, in dollars for a million tokens, and who says so.",
        discussion: """
            These are the usual rates. Service tiers, regions, long prompts and tools at the provider have separate prices; see the \
            list in the source.

            EXAMPLES
              sam prices list gpt-6
              sam prices list --project site
              sam prices list --json --limit all
            """)

    @Argument(help: "List only models with this in their names.")
    var search: String?

    @Option(help: "The project whose own prices are listed, too.")
    var project: String?

    @OptionGroup var list: ListOptions

    func run() async throws {
        let query = [project.map { "project=\($0.pathSegment)" }, search.map { "search=\($0.pathSegment)" }].compactMap(\.self)
        let path = "/api/v1/prices" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        try await list.show(path) { (listing: Listing.Prices) in listing.show(project: project) }
    }
}

extension Listing.Prices {
    /// Prints all prices.
    func show(project: String?) {
        guard !prices.isEmpty else { return Terminal.line("No such model has a price. Set one with: sam prices set") }
        var table = Table(["MODEL", .whole("INPUT"), .whole("CACHE READ"), .whole("CACHE WRITE"), .whole("OUTPUT"), "FROM"])
        for price in prices {
            let origin =
                switch price.from {
                case .project: "project \(project ?? "")"
                case .file: "prices.yaml"
                case .list: "list" + (price.read.map { ", read \($0)" } ?? "")
                }
            table.add([
                price.model + (price.isBeginning ? "*" : ""), price.input.text, price.cacheRead.text, price.cacheWrite.text,
                price.output.text, origin,
            ])
        }
        table.show()
    }
}
