import Wording

/// A description of a repository, in the order of a newcomer's questions.
public struct Brief: Sendable {
    /// What was found in the files.
    public var survey: Survey
    /// The build systems, those at the root first.
    public var builds: [BuildSystem]
    /// The build and test commands of the project's CI.
    public var pipeline: [Reference]
    /// The licence; `nil` when there is no licence file at the root.
    public var licence: Licence?
    /// The recent history; `nil` when it can't be read.
    public var history: History?
    /// The suggested first tasks.
    public var suggestions: [Suggestion]
    /// The user's prompt; `nil` when it was empty.
    public var request: String?

    /// The whole brief as Markdown. Every claim about a line names and quotes the line.
    public var markdown: String {
        let sections = [
            request.map {
                "> You asked: \($0.split(separator: "\n").joined(separator: " ").prefix(300))\n>\n> Scout reads and reports; it has no model to answer with."
            },
            section("Languages", languages), section("Build, test, run", commands), section("Where programs begin", entryPoints),
            section("Tests", tests), section("Lately", lately), section("Licence", licenceText), section("Left for later", marks),
            section("First tasks", tasks),
        ]
        return "# Brief\n\n" + sections.compactMap(\.self).joined(separator: "\n\n") + "\n"
    }

    private func section(_ title: String, _ body: String) -> String { "## \(title)\n\n\(body)" }

    /// The languages by their share of the project's own code, as Markdown.
    public var languages: String {
        let total = survey.languages.map(\.bytes).reduce(0, +)
        var lines = survey.languages.prefix(8).map { share in
            let tenths = share.bytes * 1_000 / max(total, 1)
            return "- \(share.name): \(tenths / 10).\(tenths % 10) % (\(share.files.of("file")), \(kibibytes(share.bytes)))"
        }
        if lines.isEmpty { lines = ["No source code in a language that scout knows."] }
        let apart = [
            (survey.generatedCount, "generated"), (survey.vendoredCount, "vendored"), (survey.binaryCount, "binary"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        var tail = "\(survey.fileCount.of("file")) in all"
        if !apart.isEmpty { tail += ", of them not counted above: \(apart.joined(separator: ", "))" }
        if survey.linkCount > 0 { tail += "; \(survey.linkCount.of("link")) not followed" }
        if survey.unnameableCount > 0 { tail += "; \(survey.unnameableCount.of("file")) with names that can't be written down here" }
        return lines.joined(separator: "\n") + "\n\n\(tail)."
    }

    /// How to build, test and run, as Markdown.
    public var commands: String {
        guard !builds.isEmpty || !pipeline.isEmpty else { return "No manifest that scout knows." }
        var lines = builds.flatMap { build in
            let commands = ["build", "test", "run"].compactMap { action in build.commands[action].map { "  - \(action): `\($0)`" } }
            return ["- \(build.name), \(build.evidence.markdown)"] + commands
        }
        if !pipeline.isEmpty { lines += ["- What CI runs:"] + pipeline.map { "  - \($0.markdown)" } }
        return lines.joined(separator: "\n")
    }

    private var entryPoints: String {
        list(survey.entryPoints.prefix(10).map(\.markdown), orElse: "None found; this looks like a library.")
    }

    private var tests: String {
        let folders = survey.testFolders.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(10)
        return list(folders.map { "`\($0.key)`: \($0.value.of("file"))" }, orElse: "No tests found.")
    }

    /// The recent history and its authors, as Markdown.
    public var lately: String {
        guard let history else { return "No git history can be read here." }
        var lines = ["\(history.commitsInAll.of("commit")) in all, \(history.commits) in the last \(history.days) days."]
        if let newest = history.newest { lines.append("Newest, \(newest)") }
        if !history.authors.isEmpty {
            lines.append("By " + history.authors.map { "\($0.name) (\($0.count))" }.joined(separator: ", ") + ".")
        }
        if !history.files.isEmpty {
            lines.append("Most changed:\n" + history.files.map { "- `\($0.name)`: \($0.count.of("commit"))" }.joined(separator: "\n"))
        }
        return lines.joined(separator: "\n\n")
    }

    private var licenceText: String {
        licence.map { "\($0.name), \($0.evidence.markdown)" } ?? "No licence file at the root."
    }

    private var marks: String {
        guard survey.markCount > 0 else { return "No TODO or FIXME in a comment." }
        let shown = survey.marks.prefix(10).map(\.reference.markdown)
        let rest = survey.markCount - shown.count
        return list(Array(shown), orElse: "") + (rest > 0 ? "\n\nAnd \(rest) more." : "")
    }

    /// The first tasks, as Markdown.
    public var tasks: String {
        guard !suggestions.isEmpty else { return "Too little is here to suggest anything." }
        return suggestions.enumerated().map { index, suggestion in
            "\(index + 1). **\(suggestion.title).** \(suggestion.why)\n   \(suggestion.reference.markdown)"
        }.joined(separator: "\n")
    }

    private func list(_ items: [String], orElse empty: String) -> String {
        items.isEmpty ? empty : items.map { "- \($0)" }.joined(separator: "\n")
    }

    private func kibibytes(_ bytes: Int) -> String { bytes < 10 << 10 ? bytes.of("byte") : "\(bytes >> 10) KiB" }
}
