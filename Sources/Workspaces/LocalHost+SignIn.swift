import AgentProtocol
import Foundation
import Processes
import Wording

extension LocalHost {
    /// Reads the sign-in file from the agent's home, following no link.
    public func leftSignIn(_ session: SessionID, file: String, limit: Int) async throws -> Data? {
        let folder = UntrustedFolder(path: home.agentHome(session))
        do {
            return try await Blocking.run { try folder.read(file, limit: limit) }
        } catch let error as UntrustedFolder.Failure {
            // The agent made it unreadable. Other errors are this machine's, and temporary.
            guard error.number == EACCES || error.number == EPERM else { throw error }
            throw WorkspaceError(.signIn, "The sign-in file \(file) of session \(session.rawValue) can't be read: \(reason(of: error))")
        }
    }

    /// Removes the sign-in file from the agent's home, following no link.
    public func removeSignIn(_ session: SessionID, file: String) async throws {
        let folder = UntrustedFolder(path: home.agentHome(session))
        do {
            try await Blocking.run { try folder.remove(file) }
        } catch let error as UntrustedFolder.Failure {
            throw WorkspaceError(.signIn, "The sign-in file \(file) of session \(session.rawValue) can't be removed: \(reason(of: error))")
        }
    }
}
