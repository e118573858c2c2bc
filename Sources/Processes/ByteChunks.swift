import Foundation

/// A descriptor's bytes as they arrive.
public enum ByteChunks {
    /// Reads to the end on a thread of its own, because a read may block forever, and then closes the descriptor.
    public static func of(_ descriptor: CInt) -> AsyncStream<Data> {
        let (stream, sender) = AsyncStream.makeStream(of: Data.self)
        Thread.detachNewThread {
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            while case let data = file.availableData, !data.isEmpty { sender.yield(data) }
            sender.finish()
        }
        return stream
    }
}
