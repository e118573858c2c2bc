import API
import Credentials

/// A person's own endpoint, which has no address before an administrator sets one.
enum CustomEndpoint {
    /// Warns when a custom provider has no address yet: what was done for it is of no use before.
    static func warnIfMissing(_ name: String?) async {
        guard let name, Provider(rawValue: name)?.isCustom == true else { return }
        // Asked afterwards, because a failure here must not hide what was done.
        let listing: Listing.Providers? = try? await Connection.with { try await $0.list("/api/v1/providers") }
        guard let listing, !listing.providers.contains(where: { $0.id == name }) else { return }
        Terminal.warn("! \(name) has no address yet. An administrator sets it: sam providers set \(name) https://…")
    }
}
