/// The form of a seal's context, stored in the seal's first byte.
enum SealForm: UInt8, Sendable {
    /// Without a version: an older seal of the same row opens as well as the newest.
    case unversioned = 1
    /// With the version, or another value that changes with each content of a row.
    case versioned = 2
}

extension Sealed {
    /// Whether the seal was made before seals were bound to a version. Such a seal never opens; ``Vault/renew(_:from:as:)`` converts it to
    /// the current form.
    public var isOfOldForm: Bool { bytes.first == SealForm.unversioned.rawValue }
}
