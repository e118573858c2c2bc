import AgentProtocol
import Processes
import Wording

extension LocalHost {
    /// Writes an agent's files into its home, replacing existing ones. An earlier session's agent may have crafted the home's content.
    ///
    /// - Throws: ``WorkspaceError`` when a file can't be written without leaving the home.
    func placeFiles(of agent: AgentProgram, for session: SessionID) throws {
        let folder = UntrustedFolder(path: home.agentHome(session))
        for (file, content) in agent.files.sorted(by: { $0.key < $1.key }) {
            do throws(UntrustedFolder.Failure) {
                try folder.replace(file, with: [UInt8](content.utf8))
            } catch {
                throw WorkspaceError(
                    .home,
                    "\(file) can't be written into the agent's home (\(reason(of: error))): a folder or a link that an earlier session left there is in its way. Start a new session instead of resuming."
                )
            }
        }
    }
}
