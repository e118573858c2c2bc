/// A path as git and the kernel use it: bytes, which need not be valid text.
struct GitPath: Hashable, Sendable {
    var bytes: [UInt8]

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    init(_ text: String) { bytes = Array(text.utf8) }

    static let top = GitPath([])

    /// The path for people, with invalid text replaced.
    var shown: String { bytes.isEmpty ? "." : String(decoding: bytes, as: UTF8.self) }

    /// The path as an argument; `nil` when it is not valid text, which arguments have to be.
    var text: String? { String(validating: bytes, as: UTF8.self) }

    var isFolderEntry: Bool { bytes.last == UInt8(ascii: "/") }

    var lastComponent: ArraySlice<UInt8> {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
        return bytes[(slash + 1)...]
    }

    /// The parent folder.
    var folder: GitPath {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return .top }
        return GitPath(bytes[..<slash])
    }

    var withoutSlash: GitPath { isFolderEntry ? GitPath(bytes.dropLast()) : self }

    func appending(_ component: some Sequence<UInt8>) -> GitPath {
        GitPath(bytes.isEmpty ? Array(component) : bytes + [UInt8(ascii: "/")] + component)
    }

    func appending(_ path: GitPath) -> GitPath { path.bytes.isEmpty ? self : appending(path.bytes) }

    /// Whether it is the folder itself or inside it.
    func isWithin(_ folder: GitPath) -> Bool {
        if folder.bytes.isEmpty { return true }
        guard bytes.starts(with: folder.bytes) else { return false }
        return bytes.count == folder.bytes.count || bytes[folder.bytes.count] == UInt8(ascii: "/")
    }

    /// The path relative to a folder that contains it.
    func relative(to folder: GitPath) -> GitPath {
        folder.bytes.isEmpty ? self : GitPath(bytes.dropFirst(folder.bytes.count + 1))
    }
}

extension Array where Element == GitPath {
    /// Parses records that end with a zero byte, as git prints and reads them.
    init(records bytes: some Collection<UInt8>) {
        self = bytes.split(separator: 0).map { GitPath($0) }
    }

    var records: [UInt8] { flatMap { $0.bytes + [0] } }
}
