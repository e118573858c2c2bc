import AgentProtocol
import ArgumentParser
import ControlPlane
import Credentials

struct VaultRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Make a new master key and seal everything with it, while sessions run.",
        discussion: """
            No secret and no version changes. Keep a backup of vault.keys in SAM's home, apart from that of the database.

            EXAMPLES
              sam vault rotate
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let rotation: Credentials.VaultRotation = try await Connection.with { try await $0.post("/api/v1/vault/rotate") }
        if json { return Terminal.line(try JSONLine.text(rotation)) }
        Terminal.line(
            "The master key is \(rotation.key) now. \(rotation.rewrapped) seal\(rotation.rewrapped == 1 ? " was" : "s were") made anew.")
        if !rotation.unneeded.isEmpty { Terminal.line("Nothing needs these any more: \(rotation.unneeded.joined(separator: ", ")).") }
        if rotation.unreadable > 0 {
            Terminal.warn("! \(rotation.unreadable) seals do not open and were left as they are, with their key.")
        }
    }
}
