import ArgumentParser
import ControlPlane

struct PricesRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove a price of a project's, so that the list's counts again.",
        discussion: """
            EXAMPLES
              sam prices rm llama3:8b --project site
            """)

    @Argument(help: "The model, as it was set.")
    var model: String

    @Option(help: "The project whose price it is.")
    var project: String

    func run() async throws {
        let path = "/api/v1/projects/\(project.pathSegment)/prices?model=\(model.pathSegment)"
        try await Connection.with { try await $0.delete(path) }
        Terminal.line("\(project) no longer has its own price for \(model).")
    }
}
