/// The configuration that replaces a local repository's own while git serves it: the settings of its file format, and nothing that could
/// name a program, another file or another folder.
enum LocalConfiguration {
    /// Renders the configuration.
    ///
    /// - Parameters:
    ///   - own: the repository's own, as `git config --null --list` prints it.
    ///   - isBare: whether the repository looks bare, in case its configuration does not say.
    ///   - keepsLogs: whether reflogs can be written.
    static func text(replacing own: [UInt8], isBare: Bool, keepsLogs: Bool) -> String {
        var core = ["bare": isBare ? "true" : "false"]
        var extensions: [String: String] = [:]
        for record in own.split(separator: 0) {
            let parts = String(decoding: record, as: UTF8.self).split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            // A key without a value is a flag that is on.
            let (key, value) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : "true")
            guard value.wholeMatch(of: /[A-Za-z0-9-]{1,40}/) != nil else { continue }
            switch key {
            case "core.repositoryformatversion", "core.bare", "core.sharedrepository", "core.logallrefupdates":
                core[String(key.dropFirst(5))] = value
            // The first leads to another configuration, the second to another repository.
            case "extensions.worktreeconfig", "extensions.partialclone": break
            default: if key.wholeMatch(of: /extensions\.[a-z0-9]+/) != nil { extensions[String(key.dropFirst(11))] = value }
            }
        }
        if !keepsLogs { core["logallrefupdates"] = "false" }
        return section("core", core) + section("extensions", extensions)
            + """
            [gc]
            \tauto = 0
            [maintenance]
            \tauto = false
            [receive]
            \tautogc = false
            \tdenyCurrentBranch = refuse
            \tdenyDeletes = true
            \tdenyNonFastForwards = true

            """
    }

    private static func section(_ name: String, _ values: [String: String]) -> String {
        guard !values.isEmpty else { return "" }
        return "[\(name)]\n" + values.sorted { $0.key < $1.key }.map { "\t\($0.key) = \($0.value)\n" }.joined()
    }
}
