import Foundation
import Wording

/// One exploration of a repository, reported step by step.
struct Exploration: Sendable {
    /// The steps, in order.
    enum Step: String, CaseIterable, Sendable {
        case files = "List the files"
        case survey = "Read the code: languages, entry points, tests, marks"
        case builds = "Find how it is built, tested and run"
        case history = "See what changed in the last 90 days"
        case tasks = "Choose first tasks"
        case brief = "Write the brief"
    }

    /// What is reported during an exploration.
    enum Report: Sendable {
        case began(Step)
        case progressed(Step, String)
        case ended(Step, summary: String, places: [Reference])
        case found(String)
        /// A step failed; the others continue.
        case failed(Step, String)
    }

    let root: String
    let request: String?
    let isCancelled: @Sendable () -> Bool
    let report: @Sendable (Report) -> Void

    /// Explores and writes `.sam/brief.md`.
    ///
    /// - Returns: the brief; `nil` when cancelled.
    func run() async throws -> Brief? {
        let git = RepositoryGit(root: root)

        report(.began(.files))
        let tree = try await SourceTree.read(root, git: git)
        report(.ended(.files, summary: tree.files.count.of("file"), places: []))
        if isCancelled() { return nil }

        report(.began(.survey))
        let survey = try await onFileThread {
            Survey.read(tree, isCancelled: isCancelled) { done, all in
                if all > 2_000 { report(.progressed(.survey, "\(done) of \(all) files")) }
            }
        }
        if isCancelled() { return nil }
        var brief = Brief(survey: survey, builds: [], pipeline: [], licence: nil, history: nil, suggestions: [], request: request)
        report(
            .ended(
                .survey, summary: "\(survey.sourceCount.of("source file")), \(survey.markCount.of("mark"))", places: survey.entryPoints))
        report(.found("**Languages**\n\n\(brief.languages)"))

        report(.began(.builds))
        let (builds, pipeline, licence) = try await onFileThread {
            (Manifests.read(tree), ContinuousIntegration.commands(tree), Licence.read(tree))
        }
        brief.builds = builds
        brief.pipeline = pipeline
        brief.licence = licence
        report(
            .ended(
                .builds, summary: builds.isEmpty ? "no manifest" : builds.map(\.name).joined(separator: ", "),
                places: builds.map(\.evidence)))
        report(.found("**Build, test, run**\n\n\(brief.commands)"))
        if isCancelled() { return nil }

        report(.began(.history))
        if let git {
            do {
                brief.history = try await History.read(git)
                report(.ended(.history, summary: "\((brief.history?.commits ?? 0).of("commit")) in 90 days", places: []))
            } catch {
                report(.failed(.history, reason(of: error)))
            }
        } else {
            report(.failed(.history, "This is not a git checkout."))
        }
        report(.found("**Lately**\n\n\(brief.lately)"))
        if isCancelled() { return nil }

        report(.began(.tasks))
        let readme = try await onFileThread { Self.readme(tree) }
        brief.suggestions = Suggestions.choose(survey, history: brief.history, builds: builds, readme: readme)
        report(.ended(.tasks, summary: brief.suggestions.count.of("task"), places: brief.suggestions.map(\.reference)))
        report(.found("**First tasks**\n\n\(brief.tasks)"))

        report(.began(.brief))
        let markdown = brief.markdown
        try await onFileThread { try Self.write(markdown, into: root) }
        report(.ended(.brief, summary: ".sam/brief.md", places: []))
        return brief
    }

    private static func readme(_ tree: SourceTree) -> Reference? {
        let entry = tree.files.first { !$0.path.contains("/") && $0.path.lowercased().hasPrefix("readme") }
        guard let entry, let content = tree.content(of: entry),
            let line = LineReader(content).first(where: { !$0.allSatisfy(\.isWhitespace) })
        else { return nil }
        return Reference(path: entry.path, line: line.number, text: line.text)
    }

    /// Writes the brief, following no link: the folder or the file could lead out of the repository.
    private static func write(_ markdown: String, into root: String) throws {
        let folder = root + "/.sam"
        var status = stat()
        if lstat(folder, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
            throw CocoaError(.fileWriteNoPermission, userInfo: [NSFilePathErrorKey: folder])
        }
        mkdir(folder, 0o755)
        let file = folder + "/brief.md"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: file]) }
        try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: Data(markdown.utf8))
    }
}
