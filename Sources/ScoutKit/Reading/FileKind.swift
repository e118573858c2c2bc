import Foundation

/// The kind of a file. Only ``source(_:)`` counts as the project's own code.
enum FileKind: Sendable, Hashable {
    case source(String)
    case documentation
    case data
    case generated
    case vendored
    case binary
    case other

    /// Determines the kind from the path alone, as far as possible.
    init(path: String) {
        let parts = path.split(separator: "/")
        let name = parts.last.map(String.init) ?? path
        if parts.dropLast().contains(where: { Self.vendoredFolders.contains(String($0)) }) {
            self = .vendored
        } else if Self.isGenerated(name: name) {
            self = .generated
        } else if let language = Language.named(file: name) {
            self = .source(language)
        } else {
            let ending = Self.ending(of: name)
            if Self.documentationEndings.contains(ending) || ["readme", "license", "licence", "copying"].contains(name.lowercased()) {
                self = .documentation
            } else if Self.dataEndings.contains(ending) {
                self = .data
            } else if Self.binaryEndings.contains(ending) {
                self = .binary
            } else {
                self = .other
            }
        }
    }

    /// Determines the kind again from the file's content.
    func refined(by content: Data) -> FileKind {
        switch self {
        case .vendored, .binary: return self
        case .source, .documentation, .data, .generated, .other:
            if content.prefix(8_000).contains(0) { return .binary }
            guard case .source = self else { return self }
            let beginning = String(decoding: content.prefix(2_000), as: UTF8.self)
            return Self.generatedMarks.contains(where: beginning.contains) ? .generated : self
        }
    }

    static func ending(of name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }

    private static func isGenerated(name: String) -> Bool {
        let lower = name.lowercased()
        return [".min.js", ".min.css", ".pb.go", ".pb.swift", ".pb.cc", ".pb.h", "_pb2.py", ".g.dart", ".designer.cs", ".map"]
            .contains(where: lower.hasSuffix)
            || [
                "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "cargo.lock", "poetry.lock", "gemfile.lock", "go.sum",
                "composer.lock", "package.resolved", "uv.lock", "flake.lock",
            ].contains(lower)
    }

    private static let vendoredFolders: Set<String> = [
        "vendor", "vendored", "node_modules", "third_party", "third-party", "thirdparty", "Pods", "Carthage", ".build",
        "bower_components", "external", "deps",
    ]
    /// Written in halves, so that this file itself does not count as generated.
    private static let generatedMarks = [
        "Code generated " + "by", "DO NOT " + "EDIT", "@" + "generated", "Automatically " + "generated", "AUTO-" + "GENERATED",
    ]
    private static let documentationEndings: Set<String> = ["md", "markdown", "rst", "adoc", "txt", "tex", "org", "docc"]
    private static let dataEndings: Set<String> = [
        "json", "yaml", "yml", "toml", "xml", "csv", "tsv", "ini", "plist", "lock", "properties", "cfg", "conf", "svg",
    ]
    private static let binaryEndings: Set<String> = [
        "png", "jpg", "jpeg", "gif", "ico", "webp", "pdf", "zip", "gz", "xz", "bz2", "jar", "woff", "woff2", "ttf", "otf",
        "mp3", "mp4", "mov", "so", "a", "o", "dylib", "dll", "exe", "class", "wasm", "bin", "sqlite", "db",
    ]
}
