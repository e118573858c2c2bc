import ArgumentParser

struct CredentialsOff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "off",
        abstract: "Turn a provider off at a layer: the search stops there. It stays off until it is turned on or cleared.")

    @OptionGroup var options: CredentialActOptions

    func run() async throws {
        try await options.perform("off")
    }
}
