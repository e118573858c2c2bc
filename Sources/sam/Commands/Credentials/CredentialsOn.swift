import ArgumentParser

struct CredentialsOn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "on",
        abstract: "Turn a provider on again at a layer, with the credential that is stored there.")

    @OptionGroup var options: CredentialActOptions

    func run() async throws {
        try await options.perform("on")
    }
}
