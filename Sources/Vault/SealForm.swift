/// How a seal names what it belongs to. It is the first byte of a seal.
enum SealForm: UInt8, Sendable {
    /// Without a version: an older seal of the same row opens as well as the newest.
    case unversioned = 1
    /// With the version, or whatever else tells one content of a row from the next.
    case versioned = 2
}

extension Sealed {
    /// Whether it was made by a SAM that did not bind seals to a version. Such a seal never opens; ``Vault/renew(_:from:as:)`` makes
    /// one of today's of it, once.
    public var isOfOldForm: Bool { bytes.first == SealForm.unversioned.rawValue }
}
