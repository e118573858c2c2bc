import Logging
import Synchronization

/// Warns of responses that could not be decoded, once for each provider and coding. Thread-safe.
public final class CodingWarnings: Sendable {
    private let logger: Logger
    private let told = Mutex<Set<String>>([])

    /// Bounds the memory and the log: a provider may send any coding name.
    private static let limit = 200

    init(logger: Logger) { self.logger = logger }

    /// Warns that a provider's response has a coding that can't be read, or is damaged.
    ///
    /// - Parameter coding: the response's `content-encoding`.
    public func warn(_ provider: String, _ coding: String) {
        let coding = coding.prefix(60)
        let isNew = told.withLock { told in told.count < Self.limit && told.insert("\(provider) \(coding)").inserted }
        guard isNew else { return }
        logger.warning(
            "\(provider) sent an answer in the content coding “\(coding)” that can't be read; what it used is estimated. This is said once."
        )
    }
}
