import Accounts
import Credentials
import Foundation
import Gateway
import Metering
import Processes
import Sessions
import Store
import Vault
import Wording
import Workspaces

/// The database checks of `sam doctor`.
public struct DatabaseCheck: Sendable {
    private let home: Home
    private let keys: KeyringSource

    /// Creates a check.
    ///
    /// - Parameter environment: may name the master keys, as for a server.
    public init(home: Home, environment: [String: String]) {
        self.home = home
        keys = KeyringSource(environment: environment, file: home.masterKeys)
    }

    /// The finding about the file of master keys.
    public static let keysName = "vault.keys"

    /// The most findings that are shown.
    private static let limit = 20

    /// Reads every row, and the master keys that the database needs, without changing anything.
    public func findings() async -> [HostCheck.Finding] {
        await rows() + vault()
    }

    /// What a server would refuse to start for.
    private func vault() async -> [HostCheck.Finding] {
        do {
            // A database that can't be used is a finding of its own; the keys are read all the same.
            try await VaultOpening.check(keys, store: try await current())
        } catch {
            switch error {
            // A server that runs may have them from its environment.
            case let error as VaultError where error.code == .keyringMissing && FileLock.isHeld(path: home.serverLock):
                return [
                    HostCheck.Finding(
                        name: Self.keysName, severity: .warning,
                        detail: "not there; the server that runs has the master keys from its environment, and this shell has not",
                        fix: "Set SAM_MASTER_KEYS before you start another server.")
                ]
            case let error as VaultError: return [unusable(error.message)]
            case let error as CredentialsError where error.code == .vault: return [unusable(error.message)]
            // The database's own finding says it.
            default: return []
            }
        }
        return []
    }

    private func unusable(_ why: String) -> HostCheck.Finding {
        HostCheck.Finding(
            name: Self.keysName, severity: .failure, detail: why, fix: "No server starts here, and so no agent, until that is done.")
    }

    /// The database, where it is sound and of this version; else `nil`.
    private func current() async throws -> Store? {
        guard await StateGuard(home: home).problem(.pages(atMost: .zero)) == nil,
            case .sound = await DatabaseFile(home.database).condition(.pages(atMost: .zero))
        else { return nil }
        let store = try Store.sqlite(at: home.database)
        return try await store.pending(Server.migrations).isEmpty ? store : nil
    }

    private func rows() async -> [HostCheck.Finding] {
        if let problem = await StateGuard(home: home).problem(.everything) {
            return [HostCheck.Finding(name: "database", severity: .failure, detail: problem.what, fix: problem.remedy)]
        }
        guard case .sound = await DatabaseFile(home.database).condition(.pages(atMost: .zero)) else {
            return [HostCheck.Finding(name: "database", severity: .ok, detail: "not there yet; the first start creates it")]
        }
        do {
            let facts = try await DatabaseFile(home.database).facts()
            let store = try Store.sqlite(at: home.database)
            guard try await store.pending(Server.migrations).isEmpty else {
                return [
                    HostCheck.Finding(name: "database", severity: .ok, detail: "of an earlier SAM; the next start brings it up to date")
                ]
            }
            try await store.read { transaction in
                try Accounts.readAll(in: transaction)
                try CredentialLayers.readAll(in: transaction)
                try Leases.readAll(in: transaction)
                try ProviderEndpoints.readAll(in: transaction)
                try Budgets.readAll(in: transaction)
                try ProjectPriceBook.readAll(in: transaction)
                try SessionQueries.readAll(in: transaction)
            }
            let rows = store.unreadable.rows
            let others = rows.count - Self.limit
            let bad = rows.prefix(Self.limit).map(finding) + (others > 0 ? [more(others)] : []) + warnings(facts)
            guard bad.isEmpty else { return bad }
            let sizes = "\(megabytes(facts.size)), \(megabytes(facts.free)) of it free, \(megabytes(facts.log)) of log"
            return [HostCheck.Finding(name: "database", severity: .ok, detail: "whole, every row can be read; \(sizes)")]
        } catch {
            if let problem = DatabaseObstacle(error, home: home)?.problem {
                return [HostCheck.Finding(name: "database", severity: .failure, detail: problem.what, fix: problem.remedy)]
            }
            let isDamaged = (error as? StoreError)?.code == .corrupt
            return [
                HostCheck.Finding(
                    name: "database", severity: .failure, detail: "\(home.database) can't be read: \(reason(of: error))",
                    fix: isDamaged
                        ? "Restore a backup with: sam restore FILE. It moves the current state aside and deletes nothing."
                        : "Look at the disk and the server's log, then run sam doctor again.")
            ]
        }
    }

    /// Larger than a healthy database's log gets, in bytes.
    private static let logLimit = 64 << 20

    private func warnings(_ facts: DatabaseFile.Facts) -> [HostCheck.Finding] {
        var found: [HostCheck.Finding] = []
        if facts.brokenReferences > 0 {
            found.append(
                HostCheck.Finding(
                    name: "database", severity: .warning,
                    detail: "\(facts.brokenReferences) row\(facts.brokenReferences == 1 ? " refers" : "s refer") to one that is not there",
                    fix: "Something else than SAM has written to \(home.database). Restore a backup from before with: sam restore FILE"))
        }
        if facts.log > Self.logLimit {
            found.append(
                HostCheck.Finding(
                    name: "database", severity: .warning, detail: "its log \(home.database)-wal has \(megabytes(facts.log))",
                    fix: "A program reads the database for long; a server shortens the log once that ends, and when it stops."))
        }
        return found
    }

    private func megabytes(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1_000_000) }

    private func finding(_ row: UnreadableRow) -> HostCheck.Finding {
        let give: [String: String] = [
            "sessions": "give it up with its workspace: sam sessions rm \(row.id) --force",
            "members": "say it again: sam projects members role",
            "provider_endpoints": "set it again: sam providers set", "leases": "make another key: sam keys create",
            "budgets": "set it again: sam budget set",
            "credentials": "set it again: sam credentials set", "bindings": "set it again: sam credentials set",
        ]
        let otherwise = give[row.table].map { ", or \($0)" } ?? ""
        return HostCheck.Finding(
            name: "database", severity: .warning, detail: "\(row.table) \(row.id) can't be read and is kept as it is: \(row.reason)",
            fix: "Start the SAM that wrote it, restore the row from a backup\(otherwise)")
    }

    private func more(_ count: Int) -> HostCheck.Finding {
        HostCheck.Finding(
            name: "database", severity: .warning, detail: "\(count.of("more row")) can't be read",
            fix: "Restore the database from a backup.")
    }
}
