import Credentials

/// What the gateway remembers of sessions' access. What ends a session's access calls it.
public protocol GatewayAccessControl: Sendable {
    /// Drops what is remembered of a session's lease, so that its next request is judged again.
    func invalidate(_ session: SessionReference)

    /// Drops what is remembered of all leases and keys.
    func invalidateAll()
}

/// The requests that sessions' agents have open at their models' providers.
public protocol OpenModelRequests: Sendable {
    /// The start of a session's oldest open request, in UTC milliseconds; `nil` when none is open.
    func oldestOpenRequest(of session: SessionReference) -> Int64?
}
