import Accounts
import AgentProtocol
import Settings
import Store

/// How many sessions may run at once, and whether a slot is free.
public struct SessionSlots: Sendable {
    let queries: SessionQueries
    let settings: Settings

    /// Why a user's queued sessions wait; `nil` while a slot is free, when each waits for a reason of its own.
    ///
    /// - Throws: `StoreError`.
    public func waitOfQueue(for user: UserID) async throws -> QueueWait? {
        guard let limit = try await limit(for: user), try await queries.slotsHeld() >= limit else { return nil }
        return try await queries.store.read { transaction in try QueueWait(of: user, limit: limit, transaction) }
    }

    /// How many sessions may run at once; `nil` when the setting is unusable, which is reported when a session is to be started.
    func limit(for user: UserID) async throws -> Int? {
        do {
            return try await settings.integer(.sessionLimit, project: nil, user: user)
        } catch is SettingsError {
            return nil
        }
    }
}
