import Crypto
import Foundation
import Synchronization

/// Seals secrets for the database and opens them.
///
/// Each secret is encrypted with AES-256-GCM and its own random data key, and the data key with the current master key; both have the
/// ``SealContext`` as associated data. So a new master key requires only that small data keys are wrapped again, not that secrets are
/// touched, and a stolen database reveals nothing without the keys. Safe to share between tasks.
public final class Vault: Sendable {
    private let keyring: Mutex<Keyring>
    private let source: KeyringSource

    /// The size of a sealed data key: 32 bytes with a nonce of 12 and a tag of 16.
    private static let wrappedKeyLength = 60

    /// Opens the vault.
    ///
    /// - Parameter mayCreate: whether a missing file of master keys may be created; see ``KeyringSource/load(mayCreate:)``.
    /// - Throws: ``VaultError``; nothing was changed.
    public init(_ source: KeyringSource, mayCreate: Bool) throws(VaultError) {
        keyring = Mutex(try source.load(mayCreate: mayCreate))
        self.source = source
    }

    // MARK: - Secrets

    /// Seals a secret with the current master key.
    ///
    /// - Throws: ``VaultError``.
    public func seal(_ secret: Secret, for context: SealContext) throws(VaultError) -> Sealed {
        try seal(secret, for: context, .versioned)
    }

    func seal(_ secret: Secret, for context: SealContext, _ form: SealForm) throws(VaultError) -> Sealed {
        let context = context.bytes(form)
        let master = keyring.withLock { $0.current }
        let data = SymmetricKey(size: .bits256)
        do {
            let wrapped = try data.withUnsafeBytes {
                try AES.GCM.seal($0, using: master.key, authenticating: Self.associatedData(context, master.id))
            }
            let box = try secret.withBytes { try AES.GCM.seal($0, using: data, authenticating: context) }
            guard let key = wrapped.combined, let content = box.combined else { throw CryptoKitError.incorrectParameterSize }
            return Sealed(bytes: [form.rawValue] + key + content, key: master.id)
        } catch {
            throw VaultError(.doesNotOpen, "A secret could not be sealed.")
        }
    }

    /// Opens a seal of this context.
    ///
    /// - Throws: ``VaultError/Code/unknownKey``, ``VaultError/Code/doesNotOpen`` and ``VaultError/Code/oldForm``.
    public func open(_ sealed: Sealed, for context: SealContext) throws(VaultError) -> Secret {
        guard !sealed.isOfOldForm else { throw Self.oldForm }
        return try open(sealed, context.bytes(.versioned), .versioned)
    }

    private func open(_ sealed: Sealed, _ context: [UInt8], _ form: SealForm) throws(VaultError) -> Secret {
        let data = try dataKey(of: sealed, context, form)
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.bytes.dropFirst(1 + Self.wrappedKeyLength))
            return Secret(bytes: try AES.GCM.open(box, using: data, authenticating: context))
        } catch {
            throw Self.doesNotOpen
        }
    }

    // MARK: - Seals without a version

    /// Whether seals without a version may still be renewed: until ``endOldForm()``, which is saved with the keys.
    public var takesOldForm: Bool { keyring.withLock { $0.takesOldForm } }

    /// Converts a seal without a version into one with a version.
    ///
    /// - Parameters:
    ///   - old: the context that it was sealed for, without a version.
    ///   - context: its new context.
    /// - Throws: ``VaultError``; ``VaultError/Code/oldForm`` after ``endOldForm()``.
    public func renew(_ sealed: Sealed, from old: SealContext, as context: SealContext) throws(VaultError) -> Sealed {
        guard takesOldForm else { throw Self.oldForm }
        return try seal(open(sealed, old.bytes(.unversioned), .unversioned), for: context)
    }

    /// Refuses seals without a version permanently. Keys from the environment can't save that: there the database tells it at each start.
    ///
    /// - Throws: ``VaultError`` if it can't be saved; the seals are then still accepted.
    public func endOldForm() throws(VaultError) {
        guard takesOldForm else { return }
        guard source.isOurs else { return keyring.withLock { $0.endOldForm() } }
        try change { $0.endOldForm() }
    }

    // MARK: - Master keys

    /// Whether the ring has this key.
    public func knows(_ key: MasterKeyID) -> Bool { keyring.withLock { $0[key] != nil } }

    /// The key for new seals.
    public var currentKey: MasterKeyID { keyring.withLock { $0.current.id } }

    /// Whether SAM keeps the ring in its file. Otherwise the operator keeps it in the environment.
    public var keepsKeys: Bool { source.isOurs }

    /// All keys on the ring, sorted by id.
    public var keys: [MasterKeyID] { keyring.withLock { $0.ids } }

    /// A value that identifies a key without revealing it; `nil` if the ring lacks the key.
    public func proof(of key: MasterKeyID) -> [UInt8]? { keyring.withLock { $0[key]?.proof } }

    /// Creates a master key and makes it the current one. Older ones still open. Has no effect on keys from the environment: there the
    /// operator puts the new key first, and it is the current one already.
    ///
    /// - Returns: the id of the current key.
    /// - Throws: ``VaultError``; the old key then stays the current one.
    public func advance() throws(VaultError) -> MasterKeyID {
        guard source.isOurs else { return currentKey }
        let fresh = MasterKey.random()
        try change { $0.advance(to: fresh) }
        return fresh.id
    }

    /// Removes these keys, except for the current one. Has no effect on keys from the environment, which the operator removes.
    ///
    /// - Throws: ``VaultError``.
    public func forget(_ keys: [MasterKeyID]) throws(VaultError) {
        guard source.isOurs, !keys.isEmpty else { return }
        try change { ring in
            for id in keys { ring.forget(id) }
        }
    }

    /// Wraps a seal's data key with the current master key. The secret itself is not decrypted.
    ///
    /// - Throws: ``VaultError``.
    public func rewrap(_ sealed: Sealed, for context: SealContext) throws(VaultError) -> Sealed {
        let context = context.bytes(.versioned)
        let data = try dataKey(of: sealed, context, .versioned)
        let master = keyring.withLock { $0.current }
        do {
            let wrapped = try data.withUnsafeBytes {
                try AES.GCM.seal($0, using: master.key, authenticating: Self.associatedData(context, master.id))
            }
            guard let key = wrapped.combined else { throw CryptoKitError.incorrectParameterSize }
            return Sealed(bytes: [SealForm.versioned.rawValue] + key + sealed.bytes.dropFirst(1 + Self.wrappedKeyLength), key: master.id)
        } catch {
            throw Self.doesNotOpen
        }
    }

    // MARK: - Helpers

    /// Saves the file before it changes the ring in memory, so that all seals can be opened after a crash.
    private func change(_ body: (inout Keyring) -> Void) throws(VaultError) {
        try keyring.withLock { ring throws(VaultError) in
            var changed = ring
            body(&changed)
            try source.save(changed)
            ring = changed
        }
    }

    private func dataKey(of sealed: Sealed, _ context: [UInt8], _ form: SealForm) throws(VaultError) -> SymmetricKey {
        guard let master = keyring.withLock({ $0[sealed.key] }) else {
            throw VaultError(.unknownKey, "The master key \(sealed.key.rawValue) is not on the ring.")
        }
        guard sealed.bytes.first == form.rawValue, sealed.bytes.count > 1 + Self.wrappedKeyLength else { throw Self.doesNotOpen }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.bytes[1...Self.wrappedKeyLength])
            return SymmetricKey(
                data: try AES.GCM.open(box, using: master.key, authenticating: Self.associatedData(context, master.id)))
        } catch {
            throw Self.doesNotOpen
        }
    }

    private static func associatedData(_ context: [UInt8], _ key: MasterKeyID) -> [UInt8] {
        context + Array(key.rawValue.utf8)
    }

    private static let oldForm = VaultError(
        .oldForm,
        """
        The seal names no version, as an older SAM's did, and such seals are not taken any more: set the secret again, or put back the \
        vault.keys of the database's own time.
        """)
    private static let doesNotOpen = VaultError(
        .doesNotOpen,
        "The seal does not open: it was damaged, belongs to something else or to an earlier version, or was made with another master key.")
}
