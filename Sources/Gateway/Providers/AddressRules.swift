import NIOCore
import NIOPosix

/// The addresses that keys are not sent to and agents cannot reach unless explicitly allowed: this machine's own, private networks, and
/// clouds' metadata services.
enum AddressRules {
    /// The address that a host literally states; `nil` for a name that must be resolved.
    static func literal(_ host: String) -> SocketAddress? {
        try? SocketAddress(ipAddress: host, port: 0)
    }

    /// Why an address is not allowed, as the end of a sentence that starts with “It is”; `nil` if it is allowed.
    ///
    /// - Parameter own: returns the addresses of this machine's devices.
    static func objection(to address: SocketAddress, own: () -> [SocketAddress] = devices) -> String? {
        let bytes = bytes(of: address)
        func isOwn(_ bytes: [UInt8]) -> Bool { own().contains { Self.bytes(of: $0) == bytes } }
        switch bytes.count {
        case 4: return objection(toVersion4: bytes) ?? (isOwn(bytes) ? loopback : nil)
        case 16:
            guard let inner = version4(in: bytes) else { return objection(toVersion6: bytes) ?? (isOwn(bytes) ? loopback : nil) }
            return objection(toVersion4: inner) ?? (isOwn(inner) || isOwn(bytes) ? loopback : nil)
        default: return "no internet address"
        }
    }

    /// The addresses of this machine. A public one reaches SAM itself or another service on it.
    static func devices() -> [SocketAddress] {
        ((try? System.enumerateDevices()) ?? []).compactMap(\.address)
    }

    private static let loopback = "an address of this machine"
    private static let linkLocal = "a link-local address, where clouds keep their metadata"
    private static let privateNetwork = "an address of a private network"
    private static let special = "an address with a special use"

    /// The ranges are IANA's special-purpose registry (https://www.iana.org/assignments/iana-ipv4-special-registry).
    private static func objection(toVersion4 b: [UInt8]) -> String? {
        // Azure's platform address is a public one (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
        if b == [168, 63, 129, 16] { return linkLocal }
        return range(of: b)
    }

    private static func range(of b: [UInt8]) -> String? {
        switch (b[0], b[1], b[2]) {
        case (127, _, _), (0, _, _): loopback
        case (169, 254, _): linkLocal
        case (10, _, _), (172, 16...31, _), (192, 168, _), (100, 64...127, _): privateNetwork
        case (192, 0, 0), (192, 0, 2), (198, 18...19, _), (198, 51, 100), (203, 0, 113), (224...255, _, _): special
        default: nil
        }
    }

    /// The IPv4 address that an IPv6 address stands for: mapped (RFC 4291), translated (RFC 2765 and 6052) or 6to4 (RFC 3056).
    private static func version4(in b: [UInt8]) -> [UInt8]? {
        func begins(_ prefix: [UInt8]) -> Bool { b.starts(with: prefix) }
        let zeros = [UInt8](repeating: 0, count: 8)
        if begins(zeros + [0, 0, 0xff, 0xff]) || begins(zeros + [0xff, 0xff, 0, 0]) || begins([0, 0x64, 0xff, 0x9b] + zeros) {
            return Array(b[12...])
        }
        return begins([0x20, 0x02]) ? Array(b[2..<6]) : nil
    }

    private static func objection(toVersion6 b: [UInt8]) -> String? {
        let leadingZeros = b.prefix { $0 == 0 }.count
        if leadingZeros >= 15 { return loopback }
        if leadingZeros >= 12 { return special }
        // Networks translate what follows 64:ff9b:1::/48 to IPv4 in their own ways (RFC 8215).
        if b.starts(with: [0, 0x64, 0xff, 0x9b]) { return special }
        if b[0] == 0xfe, b[1] & 0xc0 == 0x80 { return linkLocal }
        if b[0] & 0xfe == 0xfc || b[0] == 0xfe && b[1] & 0xc0 == 0xc0 { return privateNetwork }
        if b[0] == 0xff { return special }
        // Teredo (2001::/32, embeds IPv4 addresses) and other IETF assignments (2001::/23); documentation; discard-only.
        // https://www.iana.org/assignments/iana-ipv6-special-registry
        if b[0] == 0x20, b[1] == 0x01, b[2] <= 0x01 || b[2] == 0x0d && b[3] == 0xb8 { return special }
        if b[0] == 0x3f, b[1] == 0xff, b[2] & 0xf0 == 0 { return special }
        if b[0] == 0x01, b.dropFirst().prefix(7).allSatisfy({ $0 == 0 }) { return special }
        return nil
    }

    private static func bytes(of address: SocketAddress) -> [UInt8] {
        switch address {
        // Read by offset (the layout of RFC 3493): which module declares the members depends on what is compiled with this file.
        case .v4(let v4): withUnsafeBytes(of: v4.address) { Array($0[4..<8]) }
        case .v6(let v6): withUnsafeBytes(of: v6.address) { Array($0[8..<24]) }
        case .unixDomainSocket: []
        }
    }
}
