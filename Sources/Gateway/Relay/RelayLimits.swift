import NIOCore

/// The timeouts of the gateway.
public struct RelayLimits: Sendable, Hashable {
    /// How long a client may send nothing in the middle of its request.
    public var request = TimeAmount.seconds(30)
    /// How long a provider may send nothing, or a client read nothing. Models think for minutes.
    public var silence = TimeAmount.minutes(15)
    /// How long an egress server may take to read what an agent sent before it disconnected.
    public var flush = TimeAmount.seconds(5)
    /// How long an answer may be read only for its usage.
    public var drain = TimeAmount.seconds(60)

    /// Creates the default limits.
    public init() {}
}
