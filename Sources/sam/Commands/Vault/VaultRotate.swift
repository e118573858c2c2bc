import AgentProtocol
import ArgumentParser
import ControlPlane
import Credentials
import Wording

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
        if json { return try Terminal.json(rotation) }
        Terminal.line(
            "The master key is \(rotation.key) now. \(rotation.rewrapped.of("seal was", "seals were")) made anew.")
        if !rotation.unneeded.isEmpty { Terminal.line("Nothing needs these any more: \(rotation.unneeded.joined(separator: ", ")).") }
        if rotation.unreadable > 0 {
            Terminal.warn(
                "! \(rotation.unreadable.of("seal does not open and was left as it is", "seals do not open and were left as they are")), with \(rotation.unreadable == 1 ? "its" : "their") key."
            )
        }
    }
}
