/// What an agent may do without asking a person, the strictest first.
public enum PermissionMode: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Nothing of what it asks about.
    case ask
    /// Looking at things, and changing files in its workspace.
    case edits
    /// Whatever it wants, but for the approval of its plans. The sandbox stands all the same.
    case everything

    public static func < (one: PermissionMode, other: PermissionMode) -> Bool { one.looseness < other.looseness }

    private var looseness: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The option by which this mode allows something by itself; `nil` when a person is to be asked.
    ///
    /// - Parameter workspace: the absolute path of the workspace, as the agent sees it.
    public func allowance(for permission: Permission, in workspace: String) -> Permission.Option? {
        guard allows(permission, in: workspace) else { return nil }
        return permission.options.first { $0.kind == .allowOnce } ?? permission.options.first { $0.kind == .allowAlways }
    }

    private func allows(_ permission: Permission, in workspace: String) -> Bool {
        // A plan is there to be read by a person, whatever its agent may do afterwards.
        guard permission.plan == nil, permission.kind != Permission.modeSwitch else { return false }
        switch (self, permission.kind) {
        case (.everything, _): return true
        case (.edits, "read"), (.edits, "search"), (.edits, "think"): return true
        case (.edits, "edit"):
            // Without a place it could be any.
            guard let locations = permission.locations, !locations.isEmpty else { return false }
            return locations.allSatisfy { Self.isWithin(workspace, $0.path) }
        case (.edits, _), (.ask, _): return false
        }
    }

    /// By its text alone: what is a link there is the sandbox's to hold.
    private static func isWithin(_ folder: String, _ path: String) -> Bool {
        guard !path.isEmpty, !path.hasPrefix("~"), !path.split(separator: "/").contains("..") else { return false }
        return !path.hasPrefix("/") || path == folder || path.hasPrefix(folder + "/")
    }
}
