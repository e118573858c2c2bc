import AgentProtocol
import ArgumentParser
import Foundation
import Gathering

/// Finds what an agent left in its workspace, inside a sandbox over it, and prints what it found.
struct Gather: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Find what an agent left in its workspace.", shouldDisplay: false)

    @Argument(help: "The file that says what to look for.")
    var file: String

    func run() async throws {
        let request: GatherRequest = try JSONLine.decode(from: Data(contentsOf: URL(filePath: file)))
        try FileHandle.standardOutput.write(contentsOf: JSONLine.encode(try await Gatherer.gather(request)))
    }
}
