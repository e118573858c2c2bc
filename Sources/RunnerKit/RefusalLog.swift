import Synchronization

/// Which refusals were logged: a call that is refused is repeated every two seconds, and the log says each once.
final class RefusalLog: Sendable {
    private let logged = Mutex<Set<UInt>>([])

    /// Whether no answer with this status was logged before.
    func isNew(_ status: UInt) -> Bool { logged.withLock { $0.insert(status).inserted } }
}
