import Foundation

/// What one reading of all files finds.
public struct Survey: Sendable {
    /// A language with its share of the project's own code.
    public struct LanguageShare: Sendable, Hashable {
        public var name: String
        public var bytes: Int
        public var files: Int
    }

    /// A source file, with what the suggestions need to know of it.
    struct SourceFile: Sendable {
        var path: String
        var language: String
        var bytes: Int
        var lines: Int
        var isTest: Bool
        /// The first line that declares something.
        var declaration: Reference?
    }

    public var languages: [LanguageShare] = []
    public var fileCount = 0
    public var sourceCount = 0
    public var generatedCount = 0
    public var vendoredCount = 0
    public var binaryCount = 0
    public var linkCount = 0
    public var unnameableCount = 0
    public var entryPoints: [Reference] = []
    public var marks: [Mark] = []
    public var markCount = 0
    public var skippedTests: [Reference] = []
    public var deprecated: [Reference] = []
    public var testFolders: [String: Int] = [:]
    var sources: [SourceFile] = []

    /// A TODO or FIXME, in a comment.
    public struct Mark: Sendable, Hashable {
        public enum Kind: String, Sendable {
            case fixMe = "FIXME"
            case toDo = "TODO"
        }

        public var kind: Kind
        public var reference: Reference
    }

    /// How many marks are kept of those that are counted.
    static let markLimit = 200

    /// Reads every file of a tree once.
    ///
    /// - Parameters:
    ///   - isCancelled: asked now and then; a survey that is cancelled ends early and is incomplete.
    ///   - progress: told how many of how many files were read.
    static func read(_ tree: SourceTree, isCancelled: () -> Bool, progress: (Int, Int) -> Void) -> Survey {
        var survey = Survey()
        survey.fileCount = tree.files.count
        survey.linkCount = tree.links
        survey.unnameableCount = tree.unnameable
        var shares: [String: LanguageShare] = [:]
        for (index, entry) in tree.files.enumerated() {
            if index % 500 == 0 {
                if isCancelled() { break }
                progress(index, tree.files.count)
            }
            var kind = FileKind(path: entry.path)
            var content: Data?
            switch kind {
            case .source, .other:
                content = tree.content(of: entry)
                if let content { kind = kind.refined(by: content) }
            case .documentation, .data, .generated, .vendored, .binary: break
            }
            switch kind {
            case .generated: survey.generatedCount += 1
            case .vendored: survey.vendoredCount += 1
            case .binary: survey.binaryCount += 1
            case .documentation, .data, .other: break
            case .source(let language):
                shares[language, default: LanguageShare(name: language, bytes: 0, files: 0)].bytes += entry.size
                shares[language]?.files += 1
                survey.sourceCount += 1
                if let content { survey.add(entry, language, LineReader(content)) }
            }
        }
        survey.languages = shares.values.sorted { ($0.bytes, $1.name) > ($1.bytes, $0.name) }
        survey.marks.sort {
            ($0.kind.rawValue, $0.reference.path, $0.reference.line) < ($1.kind.rawValue, $1.reference.path, $1.reference.line)
        }
        return survey
    }

    private mutating func add(_ entry: SourceTree.Entry, _ language: String, _ lines: LineReader) {
        let isTest = TestFiles.isTest(entry.path)
        if isTest { testFolders[TestFiles.folder(of: entry.path), default: 0] += 1 }
        func reference(_ line: (number: Int, text: String)) -> Reference {
            Reference(path: entry.path, line: line.number, text: line.text)
        }
        for line in lines.lines(containing: ["TODO", "FIXME"]) {
            guard let kind = Marks.kind(of: line.text) else { continue }
            markCount += 1
            if marks.count < Self.markLimit { marks.append(Mark(kind: kind, reference: reference(line))) }
        }
        if isTest, skippedTests.count < 20 {
            skippedTests += lines.lines(containing: TestFiles.skipMarks).filter { TestFiles.isSkip($0.text) }.map(reference)
        }
        if deprecated.count < 20 {
            deprecated += lines.lines(containing: Marks.deprecations).filter { Marks.isDeprecation($0.text) }.map(reference)
        }
        if !isTest, entryPoints.count < 20, let line = EntryPoints.line(in: lines, path: entry.path, language: language) {
            entryPoints.append(reference(line))
        }
        sources.append(
            SourceFile(
                path: entry.path, language: language, bytes: entry.size, lines: lines.count, isTest: isTest,
                declaration: Declarations.first(in: lines).map(reference)))
    }
}
