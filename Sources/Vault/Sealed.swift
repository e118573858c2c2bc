/// A sealed secret: bytes for a database, and the id of the master key that can open them.
public struct Sealed: Sendable, Hashable {
    /// The form, the wrapped data key and the ciphertext.
    public var bytes: [UInt8]
    /// The master key that wrapped the data key.
    public var key: MasterKeyID

    /// Wraps stored values.
    public init(bytes: [UInt8], key: MasterKeyID) {
        self.bytes = bytes
        self.key = key
    }
}

/// The identity that a sealed secret is bound to. The seal opens only with exactly these fields, so that a secret sealed for one row, or
/// for an earlier version of the row, is useless in another.
public struct SealContext: Sendable, Hashable {
    private let fields: [String]

    /// Creates a context; for a credential from its id, owner, provider, kind and version.
    public init(_ fields: String...) {
        self.fields = fields
    }

    /// The fields with their lengths, so that different lists of fields never give the same bytes.
    func bytes(_ form: SealForm) -> [UInt8] {
        fields.reduce(into: Array("sam.vault.\(form.rawValue)".utf8)) { bytes, field in
            withUnsafeBytes(of: UInt32(field.utf8.count).bigEndian) { bytes += $0 }
            bytes += field.utf8
        }
    }
}
