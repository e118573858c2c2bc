import NIOCore

/// The kernel's state of a TCP connection.
struct TCPState: Sendable, Hashable {
    /// Whether neither side has closed it.
    var isEstablished: Bool
    /// The number of bytes that the peer's kernel has acknowledged.
    var acknowledged: UInt64

    /// Queries the kernel, on the connection's event loop. `nil` for other sockets and on other systems than Linux.
    init?(_ channel: any Channel) {
        #if os(Linux)
            guard let socket = channel as? any SocketOptionProvider else { return nil }
            let option = NIOBSDSocket.Option(rawValue: Int32(Self.option))
            let answer: EventLoopFuture<Info> = socket.unsafeGetSocketOption(level: .tcp, name: option)
            var info: Info?
            // On the event loop the result is available immediately.
            answer.assumeIsolated().whenSuccess { info = $0 }
            guard let info else { return nil }
            isEstablished = UInt8(truncatingIfNeeded: info.words.0.littleEndian) == 1
            acknowledged = info.words.15
        #else
            return nil
        #endif
    }

    /// `TCP_INFO` of linux/tcp.h.
    private static let option = 11

    /// `struct tcp_info` of linux/tcp.h up to `tcpi_bytes_acked`, in 64-bit words. The first byte is `tcpi_state`; 1 is established.
    private struct Info: Sendable {
        var words:
            (
                UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
                UInt64
            )
    }
}
