/// The slots for connections that SAM makes on behalf of holders. It has no side effects.
struct OutgoingLedger {
    private struct Entry {
        var count = 0
        var isSession: Bool
        var person: String?
    }

    let limits: ConnectionLimits
    private var entries: [String: Entry] = [:]
    private var people: [String: Int] = [:]
    private var ofSessions = 0
    private var ofOthers = 0

    init(_ limits: ConnectionLimits) { self.limits = limits }

    /// Takes a slot.
    ///
    /// - Parameters:
    ///   - holder: a session or a person, as text.
    ///   - isSession: whether the holder is a session.
    ///   - person: whose session it is.
    /// - Returns: the reason for a refusal; `nil` if the holder has the slot.
    mutating func take(for holder: String, isSession: Bool, person: String?) -> LimitReason? {
        var entry = entries[holder] ?? Entry(isSession: isSession, person: person)
        guard entry.count < (isSession ? limits.ofOneSession : limits.ofHolder) else { return .holder }
        if let person = entry.person, people[person] ?? 0 >= limits.ofSessionsOfPerson { return .holder }
        let own = entry.isSession ? ofSessions : ofOthers
        guard ofSessions + ofOthers < limits.outgoing, own < limits.outgoing - limits.forEachKind else { return .all }
        entry.count += 1
        entries[holder] = entry
        if let person = entry.person { people[person, default: 0] += 1 }
        if entry.isSession { ofSessions += 1 } else { ofOthers += 1 }
        return nil
    }

    func count(for holder: String) -> Int { entries[holder]?.count ?? 0 }

    /// Releases a slot.
    mutating func give(for holder: String) {
        guard var entry = entries[holder] else { return }
        entry.count -= 1
        entries[holder] = entry.count > 0 ? entry : nil
        if let person = entry.person { people.lower(person) }
        if entry.isSession { ofSessions -= 1 } else { ofOthers -= 1 }
    }
}
