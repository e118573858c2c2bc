/// Connections that wait for a request, those that have waited longest first. One that leaves is passed over later.
struct RestQueue {
    private var entries: [(id: ObjectIdentifier, stamp: UInt64)] = []
    private var first = 0

    mutating func append(_ id: ObjectIdentifier, _ stamp: UInt64) { entries.append((id, stamp)) }

    /// The one that has waited longest, of those that still do.
    ///
    /// - Parameter stamp: when a connection began to wait, if it does.
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

    /// Forgets those that wait no more, when they are the most of all.
    mutating func tidy(living: Int, _ stamp: (ObjectIdentifier) -> UInt64?) {
        guard entries.count > 2 * living + 64 else { return }
        entries = entries[first...].filter { stamp($0.id) == $0.stamp }
        first = 0
    }
}
