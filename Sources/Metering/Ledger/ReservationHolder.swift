import Accounts
import Store
import Synchronization

/// The id under which a server makes reservations: new with each start and kept alive by heartbeats. Reservations of a holder without a
/// heartbeat are released by any server, itself included; its requests that end later are booked as usual.
///
/// Thread-safe.
final class ReservationHolder: Sendable {
    private let current = Mutex(ReservationHolder.random())

    /// The time between two heartbeats.
    static let pause = Duration.seconds(5)

    /// The current id.
    var id: String { current.withLock { $0 } }

    private static func random() -> String { "h_" + String(UInt64.random(in: 0 ... .max), radix: 36) }

    /// Writes a heartbeat, under a new id if another server took this holder for dead.
    ///
    /// - Parameter now: UTC milliseconds by this server's clock. Others only look whether the value changes, so it always does.
    /// - Returns: the id for reservations from now on.
    /// - Throws: `StoreError`.
    func beat(at now: Int64, in transaction: any Transaction) throws -> String {
        let id = id
        let count = try transaction.execute(
            "UPDATE holders SET beat_at = CASE WHEN beat_at < $1 THEN $1 ELSE beat_at + 1 END WHERE id = $2", now, id)
        if count > 0 { return id }
        // The first heartbeat, or another server took the holder for dead and may be releasing its reservations.
        let fresh = Self.random()
        try transaction.execute("INSERT INTO holders (id, beat_at) VALUES ($1, $2)", fresh, now)
        current.withLock { $0 = fresh }
        return fresh
    }

    /// The last heartbeat of each server. Background responses hold reservations without one.
    ///
    /// - Throws: `StoreError`.
    static func beats(in transaction: any Transaction) throws -> [String: Int64] {
        try transaction.query("SELECT id, beat_at FROM holders").reduce(into: [:]) { beats, row in
            beats[try row.text("id")] = Int64(try row.integer("beat_at"))
        }
    }

    /// The holders that a restore marked as dead.
    ///
    /// - Throws: `StoreError`.
    static func forgotten(in transaction: any Transaction) throws -> [String: Int64] {
        try beats(in: transaction).filter { $0.value == 0 }
    }

    /// Deletes dead holders that have given no heartbeat since, and releases their reservations.
    ///
    /// - Returns: the number of released reservations.
    /// - Throws: `StoreError`.
    @discardableResult
    static func reap(_ dead: [String: Int64], _ sums: inout SpendingSums, in transaction: any Transaction) throws -> Int {
        var count = 0
        for (holder, beat) in dead {
            guard try transaction.execute("DELETE FROM holders WHERE id = $1 AND beat_at = $2", holder, beat) > 0 else { continue }
            for row in try transaction.query("DELETE FROM reservations WHERE holder = $1 RETURNING *", holder) {
                try sums.giveBack(row)
                count += 1
            }
        }
        return count
    }

    /// Marks every holder as dead, for a restored database on which no server runs.
    ///
    /// - Throws: `StoreError`.
    static func forgetAll(in transaction: any Transaction) throws {
        try transaction.execute("UPDATE holders SET beat_at = 0")
    }
}

extension SpendingSums {
    /// Returns a reservation's amounts to the periods in which it was made, which may be over.
    mutating func giveBack(_ reservation: Row) throws {
        let project = try reservation.optionalText("project_id").map(ProjectID.init(rawValue:))
        let payer = Payer(
            user: try reservation.parsed("user_id"), project: project, session: nil, key: nil, provider: "", scope: nil, credential: nil)
        let most = LayeredMoney(
            try reservation.money("amount_nano"), project: try reservation.optionalMoney("project_amount_nano"))
        let typical = LayeredMoney(
            try reservation.money("typical_nano"), project: try reservation.optionalMoney("project_typical_nano"))
        let madeAt = Int64(try reservation.integer("made_at"))
        for owner in payer.owners {
            add(reserved: .zero - most.at(owner), typical: .zero - typical.at(owner), to: owner, at: madeAt)
        }
    }
}
