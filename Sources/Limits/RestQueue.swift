/// Resting connections of one bucket, oldest first. Connections that left are skipped later.
struct RestQueue {
    private var entries: [(id: ObjectIdentifier, stamp: UInt64)] = []
    private var first = 0

    mutating func append(_ id: ObjectIdentifier, _ stamp: UInt64) { entries.append((id, stamp)) }

    /// The connection that has rested longest.
    ///
    /// - Parameter stamp: when a connection began to rest; `nil` if it does not.
    mutating func oldest(_ stamp: (ObjectIdentifier) -> UInt64?) -> (id: ObjectIdentifier, stamp: UInt64)? {
        while first < entries.count {
            let entry = entries[first]
            if stamp(entry.id) == entry.stamp { return entry }
            first += 1
        }
        entries = []
        first = 0
        return nil
    }

    /// Removes the entries of connections that rest no more, once they are in the majority.
    mutating func tidy(living: Int, _ stamp: (ObjectIdentifier) -> UInt64?) {
        guard entries.count > 2 * living + 64 else { return }
        entries = entries[first...].filter { stamp($0.id) == $0.stamp }
        first = 0
    }
}
