/// A secret that was sealed: bytes for a database, and the id of the master key that can open them.
public struct Sealed: Sendable, Hashable {
    public var bytes: [UInt8]
    public var key: MasterKeyID

    /// Wraps what was stored.
    public init(bytes: [UInt8], key: MasterKeyID) {
        self.bytes = bytes
        self.key = key
    }
}

/// What a sealed secret belongs to. The seal opens with exactly these words and no others, so what was sealed for
/// one row, or for an earlier version of the same row, is of no use in another.
public struct SealContext: Sendable, Hashable {
    private let fields: [String]

    /// Names the thing: for a credential its id, owner, provider, kind and version.
    public init(_ fields: String...) {
        self.fields = fields
    }

    /// Each field after its length, so that no two lists of fields are the same bytes.
    func bytes(_ form: SealForm) -> [UInt8] {
        fields.reduce(into: Array("sam.vault.\(form.rawValue)".utf8)) { bytes, field in
            withUnsafeBytes(of: UInt32(field.utf8.count).bigEndian) { bytes += $0 }
            bytes += field.utf8
        }
    }
}
