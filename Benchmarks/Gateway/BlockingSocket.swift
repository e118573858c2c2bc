import ArgumentParser
import Foundation

/// A connection whose calls block: between the client's clock and the wire stands nothing. For a thread of its own.
final class BlockingSocket {
    private let descriptor: Int32
    private var buffer: [UInt8] = Array(repeating: 0, count: 64 << 10)

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = Self.loopback(port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw ValidationError("Port \(port) can't be connected to: \(String(cString: strerror(errno))).")
        }
    }

    deinit { close(descriptor) }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    /// A port that nobody listens on now.
    static func bindAnyPort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard result == 0 else { throw ValidationError("No port is free.") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent) }
            guard count > 0 else { throw ValidationError("The connection broke off: \(String(cString: strerror(errno))).") }
            sent += count
        }
    }

    /// Reads an answer that is whole, or its first event.
    ///
    /// - Returns: when the first byte of its body came.
    func answer(firstEventOnly: Bool = false) throws -> ContinuousClock.Instant {
        var bytes: [UInt8] = []
        var first: ContinuousClock.Instant?
        var bodyStart: Int?
        var length: Int?
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { throw ValidationError("The answer broke off.") }
            bytes += buffer[..<count]
            if bodyStart == nil, let end = bytes.firstRange(of: [0x0d, 0x0a, 0x0d, 0x0a]) {
                bodyStart = end.upperBound
                let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).lowercased()
                guard head.hasPrefix("http/1.1 200") else {
                    throw ValidationError("The answer is \(String(decoding: bytes, as: UTF8.self))")
                }
                length = head.firstRange(of: "content-length: ").flatMap { Int(head[$0.upperBound...].prefix { $0.isNumber }) }
            }
            guard let bodyStart, bytes.count > bodyStart else { continue }
            if first == nil { first = .now }
            if firstEventOnly { return first ?? .now }
            if let length {
                if bytes.count - bodyStart >= length { return first ?? .now }
            } else if bytes.suffix(5) == [0x30, 0x0d, 0x0a, 0x0d, 0x0a] {
                return first ?? .now
            }
        }
    }
}

extension RunningPeer.Target {
    /// The request as it goes over the wire.
    func bytes(_ size: Int, streams: Bool) -> [UInt8] {
        let (headers, body) = request(size, streams: streams)
        let lines = headers.map { "\($0): \($1)\r\n" }.joined()
        return Array("POST \(path) HTTP/1.1\r\nhost: 127.0.0.1\r\n\(lines)content-length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }
}
