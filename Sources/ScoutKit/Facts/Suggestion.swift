/// A first task for a newcomer to the repository, tied to an existing line.
public struct Suggestion: Sendable, Hashable {
    /// What to do.
    public var title: String
    /// The reason for the suggestion.
    public var why: String
    /// The line to start from.
    public var reference: Reference
}

/// Chooses first tasks from the findings. Pure.
enum Suggestions {
    /// Three to five tasks, each from a different file, the most useful first; fewer only when the repository has too few suitable files.
    static func choose(_ survey: Survey, history: History?, builds: [BuildSystem], readme: Reference?) -> [Suggestion] {
        var chosen: [Suggestion] = []
        for suggestion in candidates(survey, history, builds, readme) where chosen.count < 5 {
            guard !chosen.contains(where: { $0.reference.path == suggestion.reference.path }) else { continue }
            guard chosen.count(where: { $0.why == suggestion.why }) < 2 else { continue }
            chosen.append(suggestion)
        }
        return chosen
    }

    private static func candidates(
        _ survey: Survey, _ history: History?, _ builds: [BuildSystem], _ readme: Reference?
    ) -> [Suggestion] {
        var candidates: [Suggestion] = []
        for mark in survey.marks {
            switch mark.kind {
            case .fixMe:
                candidates.append(
                    Suggestion(title: "Fix what is marked as broken", why: "There is a FIXME here.", reference: mark.reference))
            case .toDo:
                candidates.append(Suggestion(title: "Finish what was left open", why: "There is a TODO here.", reference: mark.reference))
            }
        }
        candidates += survey.skippedTests.map {
            Suggestion(title: "Bring a test back to life", why: "This test is skipped, always or under a condition.", reference: $0)
        }
        let own = survey.sources.filter { !$0.isTest && $0.declaration != nil }
        for file in history?.files ?? [] {
            guard let source = own.first(where: { $0.path == file.name }), let line = source.declaration,
                !hasTest(source, survey.sources)
            else { continue }
            candidates.append(
                Suggestion(
                    title: "Write tests for a file that changes often",
                    why: "Among the most changed files of the last \(history?.days ?? 0) days, and no test file bears its name.",
                    reference: line))
        }
        for source in own.sorted(by: { ($0.lines, $1.path) > ($1.lines, $0.path) }).prefix(3) where source.lines > 300 {
            guard let line = source.declaration else { continue }
            candidates.append(
                Suggestion(
                    title: "Split a long file (\(source.lines) lines)", why: "One of the longest files of the project.",
                    reference: line))
        }
        candidates += survey.deprecated.map {
            Suggestion(title: "See whether this can go", why: "It is marked as deprecated.", reference: $0)
        }
        candidates += survey.entryPoints.map {
            Suggestion(title: "Follow a program from its first line", why: "A program begins here.", reference: $0)
        }
        candidates += builds.map {
            Suggestion(title: "Build it from nothing and note what was missing", why: "This is how it is built.", reference: $0.evidence)
        }
        if let readme {
            candidates.append(Suggestion(title: "Try the README as a stranger", why: "It is what newcomers read first.", reference: readme))
        }
        candidates += own.sorted { $0.lines > $1.lines }.prefix(5).compactMap { source in
            source.declaration.map {
                Suggestion(title: "Read and review", why: "Among the project's larger files.", reference: $0)
            }
        }
        return candidates
    }

    private static func hasTest(_ source: Survey.SourceFile, _ sources: [Survey.SourceFile]) -> Bool {
        let name = source.path.split(separator: "/").last ?? ""
        let stem = name.split(separator: ".").first.map { $0.lowercased() } ?? ""
        return sources.contains { $0.isTest && $0.path.lowercased().contains(stem) }
    }
}
