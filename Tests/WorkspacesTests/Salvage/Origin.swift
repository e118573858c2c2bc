import Foundation
import Testing

/// The repository that agents of these tests work on: folders, an executable, a link, a submodule, ignored names, a tag and a branch
/// that workspaces don't get.
enum Origin {
    /// The commit that its gitlink `module` names. No repository here has it.
    static let module = "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff"
    /// What it ignores.
    static let ignored = "*.log\nbuild/\n.worktrees/\n"

    /// Makes it.
    static func make(at path: String, more: [String: String] = [:]) async throws {
        let repository = TestRepository(path: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try await repository.git(["init", "-q", "--bare", "--template=", "-b", "main"])
        let files = [
            "README.md": "# A project\n", ".gitignore": ignored, "src/main.c": "int main;\n", "src/deep/one.txt": "one\n",
            "docs/guide.md": "Read me.\n",
            ".gitmodules": "[submodule \"module\"]\n\tpath = module\n\turl = https://example.invalid/module.git\n",
        ].merging(more, uniquingKeysWith: { $1 })
        var stream = commit("refs/heads/main", "First")
        for (name, content) in files.sorted(by: { $0.key < $1.key }) { stream += file("100644", name, content) }
        stream += file("100755", "run.sh", "#!/bin/sh\necho run\n") + file("120000", "link", "README.md")
        stream += "M 160000 \(module) module\n\n"
        stream += "tag v1\nfrom refs/heads/main\ntagger A <a@b.c> 1700000000 +0000\ndata 3\nOne\n"
        stream += commit("refs/heads/main", "Second") + file("100644", "src/main.c", "int main(void);\n") + "\n"
        stream += commit("refs/heads/other", "Other") + "from refs/heads/main\n" + file("100644", "other.txt", "other\n") + "\n"
        try await repository.git(["fast-import", "--quiet"], input: stream)
    }

    private static func commit(_ reference: String, _ message: String) -> String {
        "commit \(reference)\ncommitter A <a@b.c> 1700000000 +0000\ndata \(message.utf8.count)\n\(message)\n"
    }

    private static func file(_ mode: String, _ name: String, _ content: String) -> String {
        "M \(mode) inline \(name)\ndata \(content.utf8.count)\n\(content)\n"
    }
}
