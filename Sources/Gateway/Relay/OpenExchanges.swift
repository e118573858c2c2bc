import Credentials
import Metering
import Synchronization

/// The open requests of sessions at providers, during which an agent may be silent.
///
/// Safe to share.
final class OpenExchanges: Sendable {
    private let open = Mutex<[SessionReference: [RequestID: Int64]]>([:])

    /// Records that a session's request starts.
    func begin(_ id: RequestID, of session: SessionReference, at time: Int64) {
        open.withLock { $0[session, default: [:]][id] = time }
    }

    /// Records that a request has ended.
    func end(_ id: RequestID, of session: SessionReference) {
        open.withLock { open in
            open[session]?[id] = nil
            if open[session]?.isEmpty == true { open[session] = nil }
        }
    }

    /// The start of a session's oldest open request, in UTC milliseconds; `nil` when none is open.
    func oldest(of session: SessionReference) -> Int64? {
        open.withLock { $0[session]?.values.min() }
    }
}
