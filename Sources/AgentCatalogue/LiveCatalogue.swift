import Synchronization

/// The current catalogue: the user's file is read at each access, and changes apply at once.
///
/// A mistake in a changed entry leaves the earlier version of it in effect. Safe to share.
public final class LiveCatalogue: Sendable {
    private struct State {
        var user: UserCatalogue?
        var catalogue: Catalogue
    }

    private let file: String?
    private let onChange: @Sendable (Catalogue) -> Void
    private let state: Mutex<State>

    /// Reads both files.
    ///
    /// - Parameters:
    ///   - userFile: a path, usually `agents.yaml` in SAM's home. The file need not exist.
    ///   - onChange: receives the first catalogue and each one that differs from the one before.
    public init(userFile: String? = nil, onChange: @escaping @Sendable (Catalogue) -> Void = { _ in }) {
        file = userFile
        self.onChange = onChange
        let user = userFile.map { UserCatalogue(at: $0, text: UserCatalogue.read($0), after: nil) }
        let catalogue = Catalogue(user)
        state = Mutex(State(user: user, catalogue: catalogue))
        onChange(catalogue)
    }

    /// The agents that are available now.
    public var current: Catalogue {
        guard let file else { return state.withLock(\.catalogue) }
        // The content is compared, because a time stamp can miss a change that follows at once; the file is small.
        let changed: Catalogue? = state.withLock { state in
            let text = UserCatalogue.read(file)
            guard text != state.user?.text else { return nil }
            let user = UserCatalogue(at: file, text: text, after: state.user)
            state = State(user: user, catalogue: Catalogue(user))
            return state.catalogue
        }
        if let changed { onChange(changed) }
        return changed ?? state.withLock(\.catalogue)
    }
}
