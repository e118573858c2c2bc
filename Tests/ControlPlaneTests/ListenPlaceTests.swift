import NIOCore
import Testing

@testable import ControlPlane

@Suite("Looking whether an address can be listened on")
struct ListenPlaceTests {
    /// What Linux says: 127.0.0.1:7260, 0.0.0.0:8080 and 10.0.0.2:443 listen; 127.0.0.1:9000 is connected and does not.
    private static let table = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1C5C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0000000000000000 100 0 0 10 0
           1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0000000000000000 100 0 0 10 0
           2: 0200000A:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1 0000000000000000 100 0 0 10 0
           3: 0100007F:2328 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0000000000000000 100 0 0 10 0
        """
    private static let table6 = """
          sl  local_address                         remote_address                        st
           0: 00000000000000000000000001000000:1C5D 00000000000000000000000000000000:0000 0A 00000000:00000000
           1: 00000000000000000000000000000000:1C5E 00000000000000000000000000000000:0000 0A 00000000:00000000
        """

    private static let place = ListenPlace(
        addresses: [[10, 0, 0, 2]], listeners: ListenPlace.listeners(in: table).union(ListenPlace.listeners(in: table6)), leastPort: 1_024,
        takesForeign: false)

    @Test(
        "A port that is taken, one that is for root, and an address that is not here are seen without a socket",
        arguments: [
            ("127.0.0.1", 7_260, .taken), ("127.0.0.1", 7_261, nil), ("127.0.0.2", 7_260, nil), ("0.0.0.0", 7_260, .taken),
            ("127.0.0.1", 8_080, .taken), ("10.0.0.2", 8_080, .taken), ("127.0.0.1", 9_000, nil), ("127.0.0.1", 0, nil),
            ("0.0.0.0", 0, nil), ("10.0.0.3", 7_261, .notHere), ("10.0.0.3", 0, .notHere), ("10.0.0.2", 7_261, nil),
            ("10.0.0.2", 443, .forRoot),
            ("0.0.0.0", 1, .forRoot), ("0.0.0.0", 1_024, nil), ("::1", 7_261, .notHere), ("::", 7_261, .taken), ("::", 7_262, .taken),
            ("::", 7_260, nil), ("::", 0, nil), ("2001:db8::1", 0, .notHere),
        ] as [(String, Int, ListenPlace.Obstacle?)])
    func obstacles(_ host: String, _ port: Int, _ obstacle: ListenPlace.Obstacle?) throws {
        #expect(Self.place.obstacle(to: try SocketAddress(ipAddress: host, port: port)) == obstacle)
    }

    @Test(
        "What can't be read is no listener",
        arguments: ["", "\n", "a b c", "h\n 0: 0100007F:1C5C 0 01", "h\n 0: 0100007:1C5C 0 0A", "h\n 0: x 0 0A"])
    func unreadable(_ table: String) {
        #expect(ListenPlace.listeners(in: table).isEmpty)
    }

    @Test(
        "Ports that are for root are root's, and a process's that has the capability",
        arguments: [
            ("CapEff:\t000001ffffffffff\n", true), ("Name:\tsam\nCapEff:\t0000000000000400\n", true), ("CapEff:\t0000000000000000", false),
            ("CapEff:\t0000000000000bff", false), ("", false), ("CapEff:\tx", false),
        ])
    func capability(_ status: String, _ mayTake: Bool) {
        #expect(ListenPlace.mayTakeAnyPort(status: status) == mayTake)
    }

    @Test("This machine has its loopback, and any address that is not to be looked for can be listened on")
    func here() async throws {
        let place = ListenPlace.here()
        #expect(place.addresses.contains([127, 0, 0, 1]))
        #expect(place.obstacle(to: try SocketAddress(ipAddress: "127.0.0.1", port: 0)) == nil)
    }

    @Test("A look leaves no trace: what is looked at can be taken by another at the same moment")
    func lookOnly() async throws {
        // A fixed port could be another program's.
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { try? await ListenAddress(host: "127.0.0.1", port: 0).check() } }
        }
        #expect(ListenPlace.here().listeners.allSatisfy { $0.port > 0 })
    }
}
