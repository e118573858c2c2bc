import Credentials
import NIOCore
import NIOPosix

extension Refusal {
    /// A provider that no connection could be made to: nothing was sent.
    init(connectingTo endpoint: ProviderEndpoint, _ error: any Error) {
        let host = endpoint.address.socket == nil ? endpoint.address.hostHeader : endpoint.provider.rawValue
        let sentence =
            if let objection = VettingResolver.Objection(in: error) {
                "Nothing was sent: \(objection). An administrator can allow that with: sam providers set … --allow-private"
            } else if endpoint.address.isTLS, !(error is NIOConnectionError), !(error is ChannelError) {
                "Nothing was sent: \(host) showed no certificate that holds. (\(error))"
            } else {
                "\(host) can't be reached. Is this machine connected, and the address right?"
            }
        self.init(.badGateway, sentence)
    }
}
