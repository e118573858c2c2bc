import CProcesses
import Foundation

/// Waits for the end of the process that holds a lock, by means of the kernel (pidfd): no polling, and no confusion with a process that
/// reuses the id.
public final class ProcessExit: Sendable {
    private let descriptor: CInt

    /// Starts to watch the process that holds the lock on a file. Blocks briefly.
    ///
    /// - Returns: `nil` if the lock is free, or the kernel can't report the end of its holder.
    public convenience init?(ofHolder path: String) {
        guard let descriptor = Self.open(path) else { return nil }
        self.init(descriptor: descriptor)
    }

    private init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Not in the initialiser, for the reason given in ``FileLock``.
    private static func open(_ path: String) -> CInt? {
        guard let pid = FileLock.holder(path: path), pid > 1 else { return nil }
        let descriptor = sam_open_process(pid)
        guard descriptor >= 0 else { return nil }
        // A process that holds the lock is alive, and its id is not reused. So the opened process is the holder.
        guard FileLock.holder(path: path) == pid else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Waits until the process has ended.
    public func wait() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global(qos: .userInitiated))
            source.setEventHandler { source.cancel() }
            source.setCancelHandler { continuation.resume() }
            source.resume()
        }
    }
}
