import AgentProtocol
import ArgumentParser
import ControlPlane
import Foundation
import Wording
import Workspaces

struct SessionsDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Print what a session changed, as a patch.",
        discussion: """
            Into a file or a pipe the patch goes byte for byte, so that it applies whatever its files are encoded in. On a terminal its \
            control characters are shown as ^X, other bytes that are no text as <E9>. A patch with more than 64 MiB is refused whole.

            EXAMPLES
              sam sessions diff s_0123456789ab
              sam sessions diff s_0123456789ab --files
              sam sessions diff s_0123456789ab | git apply
            """)

    @OptionGroup var target: SessionArgument

    @Flag(help: "Print only the files, with how much changed in each.")
    var files = false

    @Flag(help: "Print the files as JSON.")
    var json = false

    func run() async throws {
        guard files || json else {
            let patch = try await Connection.with { try await $0.bytes(target.path + "/diff") }
            return Terminal.isTerminal
                ? Terminal.write(PrintedText(VisibleText(bytes: patch, as: .block))) : try Terminal.write(bytes: patch)
        }
        let listing: Listing.Changes = try await Connection.with { try await $0.list(target.path + "/changes") }
        if json { return try Terminal.json(listing) }
        for file in listing.files {
            let counts = file.insertions.map { "+\($0) −\(file.deletions ?? 0)" } ?? "binary"
            Terminal.line("\(counts.padding(toLength: 12, withPad: " ", startingAt: 0)) \(file.path)")
        }
    }
}
