import Dispatch

/// Runs blocking work (files, locks, forks) on threads outside Swift's cooperative pool.
///
/// The pool has one thread per core, so a thread that waits for a disk would delay unrelated tasks.
public enum Blocking {
    /// The expected duration of the work.
    public enum Span: Sendable {
        /// A small file, or the start of a program.
        case moment
        /// Reading of possibly large files. Runs on other threads, so that it does not delay short work.
        case long
    }

    // Each queue has its own threads, because the qualities of service differ.
    private static let moments = DispatchQueue(label: "sam.moments", qos: .userInitiated, attributes: .concurrent)
    private static let long = DispatchQueue(label: "sam.long", qos: .utility, attributes: .concurrent)

    /// Runs blocking work without blocking the calling task's thread.
    public static func run<Value: Sendable>(for span: Span = .moment, _ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue(span).async { continuation.resume(returning: work()) }
        }
    }

    /// Runs blocking work that can fail.
    ///
    /// - Throws: the work's error.
    public static func run<Value: Sendable>(
        for span: Span = .moment, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue(span).async { continuation.resume(with: Result(catching: work)) }
        }
    }

    private static func queue(_ span: Span) -> DispatchQueue { span == .moment ? moments : long }
}
