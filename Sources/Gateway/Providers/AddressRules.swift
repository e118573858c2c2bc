import NIOCore
import NIOPosix

/// Which addresses a key is not sent to unless an administrator said so, and an agent is not let out to: this machine's own,
/// private networks, and those where clouds keep their metadata.
enum AddressRules {
    /// The address that a host's name spells out; `nil` for a name that has to be resolved.
    static func literal(_ host: String) -> SocketAddress? {
        try? SocketAddress(ipAddress: host, port: 0)
    }

    /// What speaks against an address, as the end of a sentence that begins “It is”; `nil` when nothing does.
    static func objection(to address: SocketAddress) -> String? {
        let bytes = bytes(of: address)
        switch bytes.count {
        case 4: return objection(toVersion4: bytes) ?? ownAddress(bytes)
        case 16: return objection(toVersion6: bytes) ?? ownAddress(bytes)
        default: return "no internet address"
        }
    }

    private static let loopback = "an address of this machine"
    private static let linkLocal = "a link-local address, where clouds keep their metadata"
    private static let privateNetwork = "an address of a private network"
    private static let special = "an address with a special use"

    /// The ranges are IANA's special-purpose registry (https://www.iana.org/assignments/iana-ipv4-special-registry).
    private static func objection(toVersion4 b: [UInt8]) -> String? {
        // Azure's is a public one (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
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

    private static func objection(toVersion6 b: [UInt8]) -> String? {
        let leadingZeros = b.prefix { $0 == 0 }.count
        if leadingZeros >= 15 { return loopback }
        // Addresses of version 4 in other clothes: mapped, compatible, translated (RFC 6052) and 6to4 (RFC 3056).
        if leadingZeros == 10, b[10] == 0xff, b[11] == 0xff { return objection(toVersion4: Array(b[12...])) }
        if leadingZeros >= 12 { return special }
        if b[0] == 0, b[1] == 0x64, b[2] == 0xff, b[3] == 0x9b { return objection(toVersion4: Array(b[12...])) }
        if b[0] == 0x20, b[1] == 0x02 { return objection(toVersion4: Array(b[2..<6])) }
        if b[0] == 0xfe, b[1] & 0xc0 == 0x80 { return linkLocal }
        if b[0] & 0xfe == 0xfc || b[0] == 0xfe && b[1] & 0xc0 == 0xc0 { return privateNetwork }
        if b[0] == 0xff { return special }
        return nil
    }

    /// A public address of this machine leads back to SAM itself, or to what runs beside it.
    private static func ownAddress(_ bytes: [UInt8]) -> String? {
        let devices = (try? System.enumerateDevices()) ?? []
        return devices.contains { $0.address.map(Self.bytes) == bytes } ? loopback : nil
    }

    private static func bytes(of address: SocketAddress) -> [UInt8] {
        switch address {
        case .v4(let v4): withUnsafeBytes(of: v4.address.sin_addr) { Array($0) }
        case .v6(let v6): withUnsafeBytes(of: v6.address.sin6_addr) { Array($0) }
        case .unixDomainSocket: []
        }
    }
}
