import AgentProtocol
import Processes
import Wording

extension LocalHost {
    /// Puts an agent's files into its home, in place of what stands there. The home can be one that an earlier session's agent shaped.
    ///
    /// - Throws: ``WorkspaceError`` when one can't be put there without leaving the home.
    func placeFiles(of agent: AgentProgram, for session: SessionID) throws {
        let folder = UntrustedFolder(path: home.agentHome(session))
        for (file, content) in agent.files.sorted(by: { $0.key < $1.key }) {
            do throws(UntrustedFolder.Failure) {
                try folder.replace(file, with: [UInt8](content.utf8))
            } catch {
                throw WorkspaceError(
                    .home,
                    "\(file) can't be written into the agent's home (\(reason(of: error))): a folder or a link that an earlier session left there is in its way. Start a session of its own instead of resuming."
                )
            }
        }
    }
}
