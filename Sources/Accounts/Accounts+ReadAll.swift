import Store

extension Accounts {
    /// Reads every row of this module's tables, which reports those that can't be read.
    ///
    /// - Throws: `StoreError`.
    public static func readAll(in transaction: any Transaction) throws {
        _ = transaction.readable(try transaction.query("SELECT \(User.columns) FROM users u"), of: "users") { try User($0) }
        _ = transaction.readable(try transaction.query("SELECT * FROM projects"), of: "projects") { try Project($0) }
        let members = try transaction.query(
            "SELECT \(ProjectMember.columns), m.project_id FROM members m JOIN users u ON u.id = m.user_id")
        _ = transaction.readable(members, of: "members", id: { "\(try $0.text("project_id"))/\(try $0.text("id"))" }) {
            try ProjectMember($0)
        }
        _ = transaction.readable(try transaction.query("SELECT * FROM api_tokens"), of: "api_tokens") { try APIToken($0) }
        _ = transaction.readable(try transaction.query("SELECT * FROM notifications"), of: "notifications") { try UserNotification($0) }
    }
}
