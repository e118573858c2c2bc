import AgentProtocol
import ArgumentParser
import Foundation
import Processes

/// Stands in for `git-upload-pack` when the mirror fetches a result: executes the sandboxed one.
///
/// git passes the command through a shell, so the command comes from a file that SAM wrote, and the arguments that git appends are ignored.
struct UploadPack: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve a workspace to the mirror, from inside a sandbox.")

    @Argument(parsing: .captureForPassthrough)
    var ignored: [String] = []

    func run() throws {
        guard let file = ProcessInfo.processInfo.environment["SAM_UPLOAD_PACK_COMMAND"] else {
            throw ValidationError("SAM_UPLOAD_PACK_COMMAND is not set.")
        }
        let command: Command = try JSONLine.decode(from: Data(contentsOf: URL(filePath: file)))
        throw command.replaceThisProcess()
    }
}
