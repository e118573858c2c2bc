import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("Starting and stopping a server by hand")
struct ServerPlaceTests {
    @Test(
        "An address that this machine can't listen on is refused with the reason alone, and no home is left",
        arguments: [
            ("nohost.invalid", "0", "no address to listen on for “nohost.invalid”"),
            ("1.2.3.4", "0", "This machine has no address 1.2.3.4."),
            ("1.2.3.4", "7260", "This machine has no address 1.2.3.4."), ("2001:db8::1", "0", "2001:db8::1"),
            ("", "0", "--host is empty"), ("not an address", "0", "“not an address”"),
        ])
    func refused(_ host: String, _ port: String, _ words: String) async throws {
        try await SamFixture.with { sam in
            let home = sam.scratch + "/other"
            let output = try await sam.sam("serve", "--host", host, "--port", port, environment: ["SAM_HOME": home])
            #expect(output.termination != .exited(0) && output.standardError.contains(words), "\(output.standardError)")
            for word in ["SocketAddressError", "CancellationError", "errno", "taken", "[Sessions]"] {
                #expect(!output.standardError.contains(word), "\(output.standardError)")
            }
            #expect(!FileManager.default.fileExists(atPath: home))
        }
    }

    @Test("A port that is taken is told as taken, and no home is left; beside it another is free")
    func taken() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let port = try #require(try sam.address().split(separator: ":").last.map(String.init))
            let home = sam.scratch + "/other"
            let output = try await sam.sam("serve", "--port", port, environment: ["SAM_HOME": home])
            #expect(output.termination == .exited(1) && output.standardError.contains("Port \(port) on 127.0.0.1 is taken."))
            #expect(!FileManager.default.fileExists(atPath: home))
        }
    }

    @Test("`sam stop` ends the server of its home, also one that started by itself, and says when there is none")
    func stop() async throws {
        try await SamFixture.with { sam in
            let none = try await sam.sam("stop")
            #expect(none.termination == .exited(0) && none.text.contains("No server runs in \(sam.home)."), "\(none.text)")
            _ = try await sam.sam("sessions")
            let lock = sam.home + "/server.lock"
            #expect(FileLock.isHeld(path: lock))
            #expect(try await sam.sam("stop").text.contains("The server is stopped."))
            #expect(!FileLock.isHeld(path: lock))
            try await sam.serve()
            #expect(try await sam.sam("stop").termination == .exited(0))
            #expect(!FileLock.isHeld(path: lock))
        }
    }

    @Test("A server that is stopped with a signal is reported instead of waited for; the doctor sees it, and it continues")
    func silent() async throws {
        try await SamFixture.with { sam in
            let server = try await sam.serve()
            try #require(kill(server, SIGSTOP) == 0)
            let output = try await sam.sam("sessions")
            let doctor = try await sam.sam("doctor")
            try #require(kill(server, SIGCONT) == 0)
            #expect(
                output.termination == .exited(1) && output.standardError.contains("(process \(server)) runs and does not answer")
                    && output.standardError.contains("kill -CONT \(server)"), "\(output.standardError)")
            #expect(doctor.text.contains("! server") && doctor.text.contains("does not answer"), "\(doctor.text)")
            #expect(try await sam.sam("sessions").termination == .exited(0))
            #expect(try await sam.sam("doctor").text.contains("✓ server"))
        }
    }
}
