/// The actions that an agent may take without asking a person. Ordered from strict to permissive.
public enum PermissionMode: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// None of those it asks about.
    case ask
    /// Reading, and changing files in its workspace.
    case edits
    /// Everything but the approval of its plans. The sandbox applies all the same.
    case everything

    /// Whether the first mode is stricter.
    public static func < (one: PermissionMode, other: PermissionMode) -> Bool { one.looseness < other.looseness }

    private var looseness: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The option that this mode chooses by itself; `nil` if a person has to decide.
    ///
    /// - Parameter workspace: the workspace's absolute path, as the agent sees it.
    public func allowance(for permission: Permission, in workspace: String) -> Permission.Option? {
        guard allows(permission, in: workspace) else { return nil }
        return permission.options.first { $0.kind == .allowOnce } ?? permission.options.first { $0.kind == .allowAlways }
    }

    private func allows(_ permission: Permission, in workspace: String) -> Bool {
        // A person has to read a plan in every mode.
        guard permission.plan == nil, permission.kind != Permission.modeSwitch else { return false }
        switch (self, permission.kind) {
        case (.everything, _): return true
        case (.edits, "read"), (.edits, "search"), (.edits, "think"): return true
        case (.edits, "edit"):
            // Without a location the edit could be anywhere.
            guard let locations = permission.locations, !locations.isEmpty else { return false }
            return locations.allSatisfy { Self.isWithin(workspace, $0.path) }
        case (.edits, _), (.ask, _): return false
        }
    }

    /// Judged by the path's text alone: the sandbox handles links.
    private static func isWithin(_ folder: String, _ path: String) -> Bool {
        guard !path.isEmpty, !path.hasPrefix("~"), !path.split(separator: "/").contains("..") else { return false }
        return !path.hasPrefix("/") || path == folder || path.hasPrefix(folder + "/")
    }
}
