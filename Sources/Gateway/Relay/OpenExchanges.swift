import Credentials
import Metering
import Synchronization

/// The requests that sessions have open at providers now: what an agent waits for that says nothing.
///
/// Safe to share.
final class OpenExchanges: Sendable {
    private let open = Mutex<[SessionReference: [RequestID: Int64]]>([:])

    /// A session's request goes to its provider.
    func begin(_ id: RequestID, of session: SessionReference, at time: Int64) {
        open.withLock { $0[session, default: [:]][id] = time }
    }

    /// It is over.
    func end(_ id: RequestID, of session: SessionReference) {
        open.withLock { open in
            open[session]?[id] = nil
            if open[session]?.isEmpty == true { open[session] = nil }
        }
    }

    /// When the oldest of a session's requests began, in UTC milliseconds; `nil` when none is open.
    func oldest(of session: SessionReference) -> Int64? {
        open.withLock { $0[session]?.values.min() }
    }
}
