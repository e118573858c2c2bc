import Foundation

/// What comes out of a descriptor, as it comes.
public enum ByteChunks {
    /// Reads to the end, on a thread of its own, because a read may block for ever. The descriptor is closed then.
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
