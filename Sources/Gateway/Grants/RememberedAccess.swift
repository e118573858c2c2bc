import Synchronization

/// Lets those who end access tell gateways to drop what they remember of it. It is made before both, since the one needs the other.
public final class RememberedAccess: Sendable {
    private let gateways = Mutex<[@Sendable () -> Void]>([])

    /// Creates one that no gateway follows yet.
    public init() {}

    /// Calls a closure whenever access has ended. Called by a gateway once, when it is made.
    func follow(_ forget: @escaping @Sendable () -> Void) {
        gateways.withLock { $0.append(forget) }
    }

    /// Drops what all gateways remember, so that each lease and key is judged again with its next request.
    public func invalidateAll() {
        for forget in gateways.withLock({ $0 }) { forget() }
    }
}
