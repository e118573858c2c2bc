import AgentProtocol
import ArgumentParser
import ControlPlane
import Credentials
import Foundation
import Wording

struct VaultRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Make a new master key and seal everything with it, while sessions run.",
        discussion: """
            The key of every credential is wrapped again, so it asks; without a terminal to ask on, and with --json, it needs --yes. No \
            secret and no version changes. Keep a backup of vault.keys in SAM's home, apart from that of the database: backups from before need \
            the vault.keys from before.

            EXAMPLES
              sam vault rotate
              sam vault rotate --yes
            """)

    @Flag(name: .shortAndLong, help: "Don't ask.")
    var yes = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        if json {
            try Terminal.agree(yes: yes, json: true)
        } else if !yes {
            Terminal.line(
                "This makes a new master key and wraps every credential's key with it. A vault.keys from before does not open them afterwards."
            )
            try Terminal.agree(yes: false)
        }
        let rotation: VaultRotation = try await Connection.with { try await $0.post("/api/v1/vault/rotate") }
        if json { return try Terminal.json(rotation) }
        Terminal.line(
            "The master key is \(rotation.key) now. \(rotation.rewrapped.of("seal was", "seals were")) renewed.")
        let old = rotation.unneeded
        if !old.isEmpty {
            let keys = old.joined(separator: ", ")
            switch rotation.source {
            case .file:
                Terminal.line("The old \(old.count == 1 ? "key \(keys) was" : "keys \(keys) were") deleted from vault.keys.")
                Terminal.line(
                    "Backups from before (sam backup) need the vault.keys of their time: keep a copy of it as long as you keep them.")
            case .environment:
                let them = old.count == 1 ? "it" : "them"
                Terminal.line("Nothing needs the \(old.count == 1 ? "key" : "keys") \(keys) any more: take \(them) out of SAM_MASTER_KEYS.")
                Terminal.line("Backups from before (sam backup) need \(them): keep a copy as long as you keep them.")
            }
        }
        if rotation.unreadable > 0 {
            Terminal.warn(
                "! \(rotation.unreadable.of("seal does not open and was left as it is", "seals do not open and were left as they are")), with \(rotation.unreadable == 1 ? "its" : "their") key."
            )
        }
    }
}
