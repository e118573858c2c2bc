import AgentProtocol
import Foundation
import Processes
import Wording

extension LocalHost {
    public func leftSignIn(_ session: SessionID, file: String, limit: Int) async throws -> Data? {
        do throws(UntrustedFolder.Failure) {
            return try UntrustedFolder(path: home.agentHome(session)).read(file, limit: limit)
        } catch {
            // Barred by whoever owns it, which is the agent's doing. All else is this machine's, and passes.
            guard error.number == EACCES || error.number == EPERM else { throw error }
            throw WorkspaceError(.signIn, "The sign-in file \(file) of session \(session.rawValue) can't be read: \(reason(of: error))")
        }
    }

    public func removeSignIn(_ session: SessionID, file: String) async throws {
        do throws(UntrustedFolder.Failure) {
            try UntrustedFolder(path: home.agentHome(session)).remove(file)
        } catch {
            throw WorkspaceError(.signIn, "The sign-in file \(file) of session \(session.rawValue) can't be removed: \(reason(of: error))")
        }
    }
}
