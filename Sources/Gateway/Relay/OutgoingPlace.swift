import Credentials
import Limits

/// The place that a request's connection to the provider takes among all others, from the grant until ``give()``.
///
/// Use only on the exchange's event loop.
struct OutgoingPlace {
    private let admission: Admission
    private let listener: Listener
    private var taken: (holder: String, isRehearsal: Bool)?

    init(at listener: Listener, of admission: Admission) {
        self.admission = admission
        self.listener = listener
    }

    /// Takes a place.
    ///
    /// - Returns: the limit that leaves no place.
    mutating func take(for grant: Grant) -> LimitReason? {
        let (holder, isRehearsal) = (grant.payer.holder, grant.endpoint.provider == .rehearsal)
        if let reason = admission.takeOutgoing(for: holder, at: listener, toRehearsal: isRehearsal) { return reason }
        taken = (holder, isRehearsal)
        return nil
    }

    mutating func give() {
        if let taken { admission.giveOutgoing(for: taken.holder, toRehearsal: taken.isRehearsal) }
        taken = nil
    }

    /// The reason to refuse a body that there is no memory for, which it counts.
    func noMemory() -> LimitReason {
        admission.refusals.count(.memory, at: listener)
        return .memory
    }
}
