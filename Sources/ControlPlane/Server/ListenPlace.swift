import Foundation
import NIOCore
import NIOPosix

/// What a machine has to listen on: its addresses, the ports that are taken, and those that are for root. A value, read without a socket.
struct ListenPlace: Equatable {
    /// An address and a port on which something listens.
    struct Listener: Hashable {
        /// 4 or 16 bytes.
        var address: [UInt8]
        var port: Int
    }

    /// Why an address can't be listened on.
    enum Obstacle: Equatable {
        /// The port is for root.
        case forRoot
        /// Something listens there.
        case taken
        /// The machine does not have the address.
        case notHere

        /// The error that binding it would end with.
        var errorNumber: Int32 {
            switch self {
            case .forRoot: EACCES
            case .taken: EADDRINUSE
            case .notHere: EADDRNOTAVAIL
            }
        }
    }

    /// The machine's addresses, in bytes.
    var addresses: Set<[UInt8]>
    var listeners: Set<Listener>
    /// The lowest port that this process may take.
    var leastPort: Int
    /// Whether any address can be listened on, also one that the machine does not have.
    var takesForeign: Bool

    /// Decides what keeps an address from being listened on; `nil` if nothing does, as far as can be seen.
    func obstacle(to address: SocketAddress) -> Obstacle? {
        guard let wanted = Self.bytes(of: address), let port = address.port else { return nil }
        let isAny = wanted.allSatisfy { $0 == 0 }
        // All of 127.0.0.0/8 is the machine itself.
        let isLoopback = wanted.count == 4 && wanted[0] == 127
        guard isAny || isLoopback || takesForeign || addresses.contains(wanted) else { return .notHere }
        guard port > 0 else { return nil }
        guard port >= leastPort else { return .forRoot }
        let isTaken = listeners.contains { listener in
            // Whether a listener on :: takes 0.0.0.0, too, can't be seen: the start itself says it then.
            listener.port == port && listener.address.count == wanted.count
                && (isAny || listener.address == wanted || listener.address.allSatisfy { $0 == 0 })
        }
        return isTaken ? .taken : nil
    }

    /// Reads what this machine has. What can't be read is no obstacle: the start itself says it then.
    static func here() -> ListenPlace {
        func read(_ path: String) -> String {
            (FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }) ?? ""
        }
        let devices = try? System.enumerateDevices()
        let least = Int(read("/proc/sys/net/ipv4/ip_unprivileged_port_start").trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        return ListenPlace(
            addresses: Set((devices ?? []).compactMap { $0.address.flatMap(bytes) }),
            listeners: listeners { read("/proc/net/tcp") + read("/proc/net/tcp6") },
            leastPort: mayTakeAnyPort(status: read("/proc/self/status")) ? 0 : least,
            takesForeign: devices == nil || read("/proc/sys/net/ipv4/ip_nonlocal_bind").hasPrefix("1"))
    }

    /// The listeners in the kernel's tables. They are read more than once: while others connect, the kernel skips lines.
    private static func listeners(_ read: () -> String) -> Set<Listener> {
        (0..<3).reduce(into: []) { found, _ in found.formUnion(listeners(in: read())) }
    }

    /// The listeners in a table of the kernel's: its second column is the address and port in hexadecimal, its fourth the state.
    static func listeners(in table: String) -> Set<Listener> {
        Set(
            table.split(separator: "\n").compactMap { line in
                let columns = line.split(separator: " ")
                // 0A is TCP_LISTEN.
                guard columns.count > 3, columns[3] == "0A" else { return nil }
                let parts = columns[1].split(separator: ":")
                guard parts.count == 2, let port = Int(parts[1], radix: 16), let address = bytes(ofWords: parts[0]) else { return nil }
                return Listener(address: address, port: port)
            })
    }

    /// Whether a process may take ports that are for root, by its status: CAP_NET_BIND_SERVICE is the tenth capability.
    static func mayTakeAnyPort(status: String) -> Bool {
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let capabilities = line.flatMap { UInt64($0.dropFirst("CapEff:".count).trimmingCharacters(in: .whitespaces), radix: 16) }
        return (capabilities ?? 0) & 1 << 10 != 0
    }

    /// The bytes of an address in the kernel's table: words of 32 bits in the machine's order.
    private static func bytes(ofWords hex: Substring) -> [UInt8]? {
        guard hex.count == 8 || hex.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var rest = hex
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            bytes += withUnsafeBytes(of: word) { Array($0) }
            rest = rest.dropFirst(8)
        }
        return bytes
    }

    private static func bytes(of address: SocketAddress) -> [UInt8]? {
        switch address {
        case .v4(let address): withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address): withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
        case .unixDomainSocket: nil
        }
    }
}
