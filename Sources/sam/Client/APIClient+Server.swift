import API
import Wording
import Workspaces

extension APIClient {
    /// A client for a server that a person named.
    init(_ address: ServerAddress, token: APIToken) {
        self.init(
            base: address.text, token: token.value,
            explanation: { obstacle in
                switch obstacle {
                case .unreachable: await address.unreachable
                case .notSAM(let status): address.foreign(status)
                case .noSuchPath(let isSAM): address.withPath ?? (isSAM ? nil : address.foreign(404))
                case .tokenRefused(let detail, let isDisabled): token.refusal(detail, isDisabled: isDisabled)
                }
            }, onSilence: Self.warnOfSilence)
    }

    /// A client for the server on this machine with this home.
    init(home: Home, token: APIToken) {
        self.init(
            socket: home.controlSocket, token: token.value,
            explanation: { obstacle in
                guard case .tokenRefused(let detail, let isDisabled) = obstacle else { return nil }
                return token.refusal(detail, isDisabled: isDisabled)
            }, onSilence: Self.warnOfSilence)
    }

    private static func warnOfSilence() {
        Terminal.warn("! The server has not answered for \(silence.components.seconds) s. It is busy, or stopped; Ctrl-C ends the wait.")
    }
}

extension ServerAddress {
    /// Why nothing answers at the address, and the next step.
    fileprivate var unreachable: String {
        get async {
            if let plain, await isServer(plain) {
                return """
                    What answers at \(text), which SAM_URL names, speaks no TLS. A server of SAM's speaks plain HTTP, and TLS only behind a \
                    proxy: SAM_URL=\(plain)
                    """
            }
            return "No server answers at \(text), which SAM_URL names. \(remedy)"
        }
    }

    /// Whether a server of SAM's answers at an address. It is asked without the token, which anyone on the way could read.
    private func isServer(_ address: String) async -> Bool {
        let client = APIClient(base: address, token: nil)
        let isAnswered = await client.isAnswered()
        await client.close()
        return isAnswered
    }

    /// Another server than SAM's answered.
    fileprivate func foreign(_ status: Int) -> String {
        "What answers at \(text), which SAM_URL names, is no SAM: it answered \(status). \(remedy)"
    }

    /// The address has a path at which no SAM is; `nil` if it has none.
    fileprivate var withPath: String? {
        guard let root else { return nil }
        return """
            No SAM is at \(text), which SAM_URL names. Leave the path out: SAM_URL=\(root). A path is right only where a proxy serves SAM \
            below it.
            """
    }
}
