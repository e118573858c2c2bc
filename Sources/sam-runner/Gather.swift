import AgentProtocol
import ArgumentParser
import Foundation
import Gathering

/// Finds the work that an agent left in its workspace and prints a report. Runs in a sandbox over the workspace.
struct Gather: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Find what an agent left in its workspace.", shouldDisplay: false)

    @Argument(help: "The file that says what to look for.")
    var file: String

    func run() async throws {
        let request: GatherRequest = try JSONLine.decode(from: Data(contentsOf: URL(filePath: file)))
        try FileHandle.standardOutput.write(contentsOf: JSONLine.encode(try await Gatherer.gather(request)))
    }
}
