import AgentProtocol
import Foundation
import Processes
import Wording

// What only the machine knows that runs the agent.
extension RunnerConfiguration {
    /// The configuration with the conversation as it is opened at a place: where the agent works, and whether it can continue an earlier
    /// session's conversation from its home.
    func opened(at place: RunnerPlace) -> RunnerConfiguration {
        var opened = self
        // Only in a sandbox does the earlier session's workspace have the same path.
        let memory = ClaudeMemory(home: place.home, workingDirectory: conversation.workingDirectory)
        if sandbox == .none { opened.conversation.workingDirectory = place.workspace }
        guard agent.wireProtocol == .claudeStreamJSON else { return opened }
        if let id = ClaudeMemory.name(of: conversation.earlier?.conversation), memory.holds(id) {
            opened.conversation.earlier?.conversation = id
            opened.agent.arguments += ["--resume", id]
        } else {
            // Another attempt may have used the id already.
            let own = UUID().uuidString.lowercased()
            opened.conversation.earlier?.conversation = nil
            opened.conversation.own = own
            opened.agent.arguments += ["--session-id", own]
        }
        return opened
    }

    /// Writes the agent's files into its home, replacing existing ones. An earlier session's agent may have crafted the home's content.
    ///
    /// - Throws: ``HomeFileError`` when a file can't be written without leaving the home.
    func placeFiles(in home: String) throws(HomeFileError) {
        let folder = UntrustedFolder(path: home)
        for (file, content) in agent.files.sorted(by: { $0.key < $1.key }) {
            do throws(UntrustedFolder.Failure) {
                try folder.replace(file, with: [UInt8](content.utf8))
            } catch {
                throw HomeFileError(file: file, cause: reason(of: error))
            }
        }
    }
}

/// A file can't be written into an agent's home.
struct HomeFileError: Error, CustomStringConvertible {
    /// Its path there.
    var file: String
    /// The reason, in words.
    var cause: String

    /// The cause and the next step.
    var description: String {
        "\(file) can't be written into the agent's home (\(cause)): a folder or a link that an earlier session left there is in its way. Start a new session instead of resuming."
    }
}
