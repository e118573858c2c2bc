import Accounts
import Cascade
import Store

extension Settings {
    /// The values that a dated setting has had at the platform scope, the oldest first, each with the time from which it held in UTC
    /// milliseconds. Before the first of them the standard value held.
    ///
    /// - Throws: `StoreError`.
    public func history(of setting: Setting, in transaction: any Transaction) throws -> [(value: SettingValue, since: Int64)] {
        let rows = try transaction.query("SELECT * FROM setting_history WHERE key = $1 ORDER BY since", setting.key)
        return transaction.readable(rows, of: "setting_history", id: { "\(try $0.text("key"))@\(try $0.integer("since"))" }) { row in
            (try setting.parse(try row.text("value")), Int64(try row.integer("since")))
        }
    }

    /// Writes down what holds at the platform scope now.
    func remember(_ setting: Setting, _ now: Int64, _ transaction: any Transaction) throws {
        let value =
            switch try entry(setting, .platform, transaction).layer.entry {
            case .active(let held): held
            case .absent, .inactive, .failed: setting.standard
            }
        try transaction.execute(
            """
            INSERT INTO setting_history (key, since, value) VALUES ($1, $2, $3)
            ON CONFLICT (key, since) DO UPDATE SET value = excluded.value
            """, setting.key, now, value.text)
    }
}
