import Credentials
import NIOCore
import NIOPosix
import Wording

extension Refusal {
    /// Refuses because no connection to the provider could be made. Nothing was sent.
    ///
    /// Clients, including agents, must not learn an address that an administrator set, so it is replaced with the provider's name. TLS
    /// errors are omitted then, because they can contain the address.
    init(connectingTo endpoint: ProviderEndpoint, _ error: any Error) {
        let isOfficial = endpoint.isOfficial
        let name = isOfficial ? endpoint.address.hostHeader : endpoint.provider.rawValue
        let sentence =
            if let objection = VettingResolver.Objection(in: error) {
                """
                Nothing was sent: the address of \(name) is \(objection.why). An administrator can allow that with: \
                sam providers set … --allow-private
                """
            } else if endpoint.address.isTLS, !(error is NIOConnectionError), !(error is ChannelError) {
                "Nothing was sent: \(name) showed no certificate that holds. \(isOfficial ? "(\(reason(of: error)))" : Self.whereToLook)"
            } else {
                "\(name) can't be reached. Is this machine connected, and the address right?\(isOfficial ? "" : " \(Self.whereToLook)")"
            }
        self.init(.badGateway, sentence)
    }

    private static let whereToLook = "Administrators see its address with: sam providers list"
}
