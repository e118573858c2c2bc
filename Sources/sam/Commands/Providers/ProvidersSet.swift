import ArgumentParser
import ControlPlane
import Metering
import NIOHTTP1

struct ProvidersSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set where a provider is reached, for everybody. Its keys are sent there.",
        discussion: """
            EXAMPLES
              sam providers set custom-house https://llm.example.org/v1
              sam providers set custom-local http://127.0.0.1:8080/v1 --allow-private
            """)

    @Argument(help: "The provider, or custom- and a name for an endpoint of your own.")
    var provider: String

    @Argument(help: "The provider's address. What a client asks for is appended.")
    var url: String

    @Option(help: "The API that a custom endpoint speaks: openai (the usual one), anthropic or google.")
    var format: Dialect?

    @Option(help: "The address where sign-ins of openai-chatgpt are refreshed.")
    var tokenUrl: String?

    @Flag(help: "Allow an address on this machine or in a private network.")
    var allowPrivate = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let body = ProviderAddress(url: url, format: format, tokenUrl: tokenUrl, allowPrivate: allowPrivate)
        let listing: Listing.Providers = try await Connection.with {
            try await $0.send(.PUT, "/api/v1/providers/\(provider.pathSegment)", body)
        }
        try listing.show(json: json)
    }
}

extension Dialect: ExpressibleByArgument {}
