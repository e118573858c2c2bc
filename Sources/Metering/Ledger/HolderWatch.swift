/// Finds the holders whose heartbeat has not changed for a minute.
///
/// It measures with this server's own clock how long a holder's heartbeat stays the same, so the clocks of servers are never compared. Time
/// in which this server did not look, because it or the database was away, does not count: others could not be seen then. A value.
struct HolderWatch: Sendable {
    /// How long a heartbeat stays the same before its holder is dead.
    static let life = Duration.seconds(60)
    /// The most that counts between two looks.
    private static let step = ReservationHolder.pause * 2

    private var silent: [String: (beat: Int64, time: Duration)] = [:]
    private var lastLook: ContinuousClock.Instant?

    /// Looks at the heartbeats of all holders.
    ///
    /// - Returns: the holders that are dead, with their last heartbeats.
    mutating func look(at beats: [String: Int64], now: ContinuousClock.Instant) -> [String: Int64] {
        let passed = min(lastLook.map { now - $0 } ?? .zero, Self.step)
        lastLook = now
        silent = beats.reduce(into: [:]) { silent, holder in
            let known = self.silent[holder.key]
            silent[holder.key] = (holder.value, known?.beat == holder.value ? (known?.time ?? .zero) + passed : .zero)
        }
        return beats.filter { holder, _ in silent[holder].map { $0.time > Self.life } ?? false }
    }
}
