import Accounts
import Credentials
import Foundation
import Gateway
import Metering
import Sessions
import Store
import Workspaces

/// What `sam doctor` finds in the database.
public struct DatabaseCheck: Sendable {
    private let home: Home

    /// Prepares to look.
    public init(home: Home) {
        self.home = home
    }

    /// More than a person reads.
    private static let limit = 20

    /// Reads every row. Changes nothing.
    public func findings() async -> [HostCheck.Finding] {
        guard FileManager.default.fileExists(atPath: home.database) else {
            return [HostCheck.Finding(name: "database", severity: .ok, detail: "not there yet; the first start creates it")]
        }
        do {
            let store = try Store.sqlite(at: home.database)
            guard try await store.pending(Server.migrations).isEmpty else {
                return [
                    HostCheck.Finding(name: "database", severity: .ok, detail: "of an earlier SAM; the next start brings it up to date")
                ]
            }
            try await store.read { transaction in
                try Accounts.readAll(in: transaction)
                try Credentials.readAll(in: transaction)
                try Leases.readAll(in: transaction)
                try ProviderEndpoints.readAll(in: transaction)
                try Budgets.readAll(in: transaction)
                try SessionQueries.readAll(in: transaction)
            }
            let rows = store.unreadable.rows
            guard !rows.isEmpty else { return [HostCheck.Finding(name: "database", severity: .ok, detail: "every row can be read")] }
            let others = rows.count - Self.limit
            return rows.prefix(Self.limit).map(finding) + (others > 0 ? [more(others)] : [])
        } catch {
            return [
                HostCheck.Finding(
                    name: "database", severity: .warning, detail: "\(home.database) can't be read: \(error)",
                    fix: "Restore it from a backup, or point SAM_HOME elsewhere.")
            ]
        }
    }

    private func finding(_ row: UnreadableRow) -> HostCheck.Finding {
        let give: [String: String] = [
            "sessions": "give it up with its workspace: sam sessions rm \(row.id) --force",
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
            name: "database", severity: .warning, detail: "\(count) more rows can't be read", fix: "Restore the database from a backup.")
    }
}
