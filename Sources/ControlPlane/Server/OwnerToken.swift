import Accounts
import Foundation

/// The owner's API token in a file that only the owner can read, for the command line on this machine.
struct OwnerToken {
    let file: String

    /// Creates the token if there is none or this database does not know it. A disabled owner gets none.
    func ensure(_ accounts: Accounts, _ owner: User) async throws {
        guard owner.disabledAt == nil else { return }
        if let token = try? String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines),
            try await accounts.user(withToken: token) != nil
        {
            return
        }
        // Without this token nobody could revoke another, so it is above the limit.
        let token = try await accounts.makeToken(for: owner.id, name: "command line on this machine", by: owner.id, limit: .max)
        try? FileManager.default.removeItem(atPath: file)
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data((token + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw ServerError("The token \(file) can't be written.") }
    }
}
