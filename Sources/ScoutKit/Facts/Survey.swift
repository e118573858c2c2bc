import Foundation

/// The findings of one pass over all files.
public struct Survey: Sendable {
    /// A language and its share of the project's own code.
    public struct LanguageShare: Sendable, Hashable {
        /// The language's name.
        public var name: String
        /// The size of its files, in bytes.
        public var bytes: Int
        /// The number of its files.
        public var files: Int
    }

    /// A source file, as far as the suggestions need it.
    struct SourceFile: Sendable {
        var path: String
        var language: String
        var bytes: Int
        var lines: Int
        var isTest: Bool
        /// The first line with a declaration.
        var declaration: Reference?
    }

    /// The languages, largest first.
    public var languages: [LanguageShare] = []
    /// The number of all files.
    public var fileCount = 0
    /// The number of the project's own source files.
    public var sourceCount = 0
    /// The number of generated files.
    public var generatedCount = 0
    /// The number of vendored files.
    public var vendoredCount = 0
    /// The number of binary files.
    public var binaryCount = 0
    /// The number of links, which are not followed.
    public var linkCount = 0
    /// The number of files whose names can't be written in a brief.
    public var unnameableCount = 0
    /// Lines at which programs begin, twenty at most.
    public var entryPoints: [Reference] = []
    /// The first marks, sorted by kind, path and line; ``markCount`` counts all.
    public var marks: [Mark] = []
    /// The number of all marks.
    public var markCount = 0
    /// Lines that skip a test. The search stops after twenty.
    public var skippedTests: [Reference] = []
    /// Lines that declare something deprecated. The search stops after twenty.
    public var deprecated: [Reference] = []
    /// The number of test files by folder.
    public var testFolders: [String: Int] = [:]
    var sources: [SourceFile] = []

    /// A TODO or FIXME in a comment.
    public struct Mark: Sendable, Hashable {
        /// The kind of mark.
        public enum Kind: String, Sendable {
            /// A FIXME.
            case fixMe = "FIXME"
            /// A TODO.
            case toDo = "TODO"
        }

        /// The kind of mark.
        public var kind: Kind
        /// The line with the mark.
        public var reference: Reference
    }

    /// How many of the counted marks are kept.
    static let markLimit = 200

    /// Reads every file of a tree once.
    ///
    /// - Parameters:
    ///   - isCancelled: checked every 500 files; a cancelled survey ends early and is incomplete.
    ///   - progress: called with the number of files read and of all files.
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
