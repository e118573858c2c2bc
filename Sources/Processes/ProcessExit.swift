import CProcesses
import Foundation

/// The end of the process that holds a lock, as the kernel tells it: nobody has to look again and again, and no other process that gets
/// the number later is taken for it.
public final class ProcessExit: Sendable {
    private let descriptor: CInt

    /// Begins to watch the process that holds the lock on a file. Blocks for a moment.
    ///
    /// - Returns: `nil` when the lock is free, or the kernel can't report the end of its holder.
    public convenience init?(ofHolder path: String) {
        guard let descriptor = Self.open(path) else { return nil }
        self.init(descriptor: descriptor)
    }

    private init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Not part of the initialiser, as with ``FileLock``.
    private static func open(_ path: String) -> CInt? {
        guard let pid = FileLock.holder(path: path), pid > 1 else { return nil }
        let descriptor = sam_open_process(pid)
        guard descriptor >= 0 else { return nil }
        // While it holds the lock it lives, and its number is nobody else's. So what was opened in between is it.
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
