import Dispatch

/// What blocks a thread (a file, a lock, a fork) is done on threads that no task waits for.
///
/// The threads that run tasks are as many as the machine has cores: one that waits for a disk holds up whatever comes next.
public enum Blocking {
    /// How long something may block.
    public enum Span: Sendable {
        /// A look at a file, or the start of a program.
        case moment
        /// Reading what may be large. It holds up nothing that takes a moment.
        case long
    }

    // Each class of service has threads of its own.
    private static let moments = DispatchQueue(label: "sam.moments", qos: .userInitiated, attributes: .concurrent)
    private static let long = DispatchQueue(label: "sam.long", qos: .utility, attributes: .concurrent)

    /// Does something that blocks, and waits for it without blocking.
    public static func run<Value: Sendable>(for span: Span = .moment, _ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue(span).async { continuation.resume(returning: work()) }
        }
    }

    /// Does something that blocks and can fail.
    ///
    /// - Throws: what the work throws.
    public static func run<Value: Sendable>(
        for span: Span = .moment, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue(span).async { continuation.resume(with: Result(catching: work)) }
        }
    }

    private static func queue(_ span: Span) -> DispatchQueue { span == .moment ? moments : long }
}
