import Credentials
import Gateway
import Sessions

// What sessions need of the gateway, which does not know them.
extension RememberedAccess: GatewayAccessControl {
    /// Drops everything: answers are remembered by token, for 250 ms.
    public func invalidate(_ session: SessionReference) { invalidateAll() }
}

extension Gateway: OpenModelRequests {}
