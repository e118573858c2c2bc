import ArgumentParser
import Foundation
import Vault

/// Sealing and opening secrets of two usual sizes, on one core.
struct VaultSealing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "Secrets sealed, opened and rewrapped a second, on one core.")

    @Option(help: "Secrets of each kind.")
    var secrets = 50_000

    func run() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let vault = try Vault(.file(path: scratch.path + "/vault.keys"), mayCreate: true)
        let context = SealContext("c_0123456789ab", "user", "u_0123456789ab", "openai", "apiKey")
        print("\n| a second, on one core | sealed | opened | rewrapped |\n| --- | --- | --- | --- |")
        for (name, size) in [("a key of 100 bytes", 100), ("a sign-in file of 4 KiB", 4_096)] {
            let secret = Secret(bytes: Data(repeating: 0x61, count: size))
            var sealed: [Sealed] = []
            sealed.reserveCapacity(secrets)
            let sealing = try ContinuousClock().measure { for _ in 0..<secrets { sealed.append(try vault.seal(secret, for: context)) } }
            let opening = try ContinuousClock().measure { for each in sealed { _ = try vault.open(each, for: context) } }
            _ = try vault.advance()
            let wrapping = try ContinuousClock().measure { for each in sealed { _ = try vault.rewrap(each, for: context) } }
            let rates = [sealing, opening, wrapping].map { duration in
                String(Int(Double(secrets) / (duration / .seconds(1))))
            }
            print("| \(name) | \(rates.joined(separator: " | ")) |")
        }
    }
}
