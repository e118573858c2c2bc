import Foundation

/// The entries of the user's file; for entries with a mistake, their earlier version.
struct UserCatalogue: Sendable {
    /// The result of reading a file.
    enum Text: Sendable, Hashable {
        case missing
        case unreadable(String)
        case content(Data)
    }

    var agents: [AgentDefinition] = []
    var problems: [CatalogueProblem] = []
    private(set) var text: Text

    /// The largest file, in bytes.
    static let sizeLimit = 4 << 20

    /// Parses a file's text.
    ///
    /// - Parameter earlier: the entries that applied before.
    init(at file: String, text: Text, after earlier: UserCatalogue?) {
        self.text = text
        func keepAll(_ problems: [CatalogueProblem]) {
            agents = earlier?.agents ?? []
            self.problems = problems
            if !agents.isEmpty {
                let ids = agents.map(\.id).joined(separator: ", ")
                self.problems.append(
                    CatalogueProblem(file: file, line: nil, message: "Until it is mended, its agents stay as they were: \(ids)."))
            }
        }
        switch text {
        case .missing: return
        case .unreadable(let why): keepAll([CatalogueProblem(file: file, line: nil, message: why)])
        case .content(let content):
            guard let yaml = String(validating: content, as: UTF8.self) else {
                keepAll([CatalogueProblem(file: file, line: nil, message: "The file can't be read as UTF-8 text.")])
                return
            }
            let read = CatalogueFile(yaml: yaml, name: file)
            guard !read.isBroken else {
                keepAll(read.problems)
                return
            }
            agents = read.agents
            problems = read.problems
            for id in read.broken where !agents.contains(where: { $0.id == id }) {
                guard let kept = earlier?.agents.first(where: { $0.id == id }) else { continue }
                agents.append(kept)
                problems.append(CatalogueProblem(file: file, line: nil, message: "Until it is mended, \(id) stays as it was."))
            }
        }
    }

    /// Reads a file up to the limit.
    static func read(_ file: String) -> Text {
        func failed() -> Text { .unreadable("The file can't be read: \(String(cString: strerror(errno))).") }
        // O_NONBLOCK: a pipe in its place must not block.
        let descriptor = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT ? .missing : failed() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return failed() }
        guard status.st_mode & S_IFMT == S_IFREG else { return .unreadable("This is not a file.") }
        var content = Data()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while content.count <= sizeLimit {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0 { return failed() }
            if count == 0 { return .content(content) }
            content.append(contentsOf: buffer[..<count])
        }
        return .unreadable("The file is longer than \(sizeLimit >> 20) MiB.")
    }
}
