/// An entry of a git tree: a file, a link or another repository's commit.
struct TreeEntry: Hashable {
    var path: GitPath
    var mode: String
    var object: String

    /// Whether it names another repository's commit.
    var isLink: Bool { mode == "160000" }

    /// Parses the output of `ls-tree -z` and `ls-files --stage -z`: both print the mode first and the path after a tab.
    static func read(_ listing: [UInt8]) -> [TreeEntry] {
        listing.split(separator: 0).compactMap { record in
            guard let tab = record.firstIndex(of: UInt8(ascii: "\t")) else { return nil }
            let words = record[..<tab].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard let mode = words.first, let object = words.first(where: Repository.isObject) else { return nil }
            return TreeEntry(path: GitPath(record[(tab + 1)...]), mode: mode, object: object)
        }
    }
}
