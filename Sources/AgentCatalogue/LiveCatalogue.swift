import Synchronization

/// The catalogue as the user's file has it now: the file is looked at each time, and what it says holds once it has changed.
///
/// What is wrong in it changes nothing that was right before. Safe to share.
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
    ///   - userFile: a path, usually `agents.yaml` in SAM's home. It need not exist.
    ///   - onChange: is handed each catalogue that differs from the one before, and the first.
    public init(userFile: String? = nil, onChange: @escaping @Sendable (Catalogue) -> Void = { _ in }) {
        file = userFile
        self.onChange = onChange
        let user = userFile.map { UserCatalogue(at: $0, text: UserCatalogue.read($0), after: nil) }
        let catalogue = Catalogue(user)
        state = Mutex(State(user: user, catalogue: catalogue))
        onChange(catalogue)
    }

    /// The agents that there are now.
    public var current: Catalogue {
        guard let file else { return state.withLock(\.catalogue) }
        // A stamp could miss a change that follows at once; the file is small.
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
