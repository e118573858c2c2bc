import AgentProtocol
import ArgumentParser

/// An address to listen on, such as `0.0.0.0:7261` or `[::]:7261`.
struct RemoteAddress: ExpressibleByArgument {
    let host: String
    /// The port; 0 for any free one.
    let port: Int

    init?(argument: String) {
        let isAnyPort = argument.hasSuffix(":0")
        guard let place = try? HostAndPort(isAnyPort ? String(argument.dropLast(2)) : argument),
            let port = isAnyPort ? 0 : place.port
        else { return nil }
        host = place.host
        self.port = port
    }
}
