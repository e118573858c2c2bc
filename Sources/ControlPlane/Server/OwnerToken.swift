import Accounts
import Foundation

/// The owner's API token in a file that only the owner can read: how the command line on this machine signs in.
struct OwnerToken {
    let file: String

    /// Makes the token when there is none, or when the one in the file is not known to this database. An owner who was
    /// shut out gets none.
    func ensure(_ accounts: Accounts, _ owner: User) async throws {
        guard owner.disabledAt == nil else { return }
        if let token = try? String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines),
            try await accounts.user(withToken: token) != nil
        {
            return
        }
        let token = try await accounts.makeToken(for: owner.id, name: "command line on this machine", by: owner.id)
        try? FileManager.default.removeItem(atPath: file)
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data((token + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw ServerError("The token \(file) can't be written.") }
    }
}
