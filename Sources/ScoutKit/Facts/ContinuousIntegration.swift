/// The commands of the project's CI, line by line: the most reliable source on how to build and test.
enum ContinuousIntegration {
    static func commands(_ tree: SourceTree) -> [Reference] {
        var references: [Reference] = []
        for entry in tree.files where isPipeline(entry.path) {
            guard references.count < 12, let content = tree.content(of: entry) else { continue }
            let lines = LineReader(content).lines(containing: ["run:", "- ", "make ", "swift ", "test", "build"])
            references += lines.filter { tellsOfBuilding($0.text) }.prefix(4).map {
                Reference(path: entry.path, line: $0.number, text: $0.text)
            }
        }
        return Array(references.prefix(12))
    }

    private static func isPipeline(_ path: String) -> Bool {
        (path.hasPrefix(".github/workflows/") && (path.hasSuffix(".yml") || path.hasSuffix(".yaml")))
            || [".gitlab-ci.yml", ".circleci/config.yml", "Jenkinsfile", ".travis.yml", "azure-pipelines.yml", ".ci/run"].contains(path)
    }

    private static func tellsOfBuilding(_ line: String) -> Bool {
        guard !line.drop(while: \.isWhitespace).hasPrefix("#") else { return false }
        return line.contains(
            /(run:\s*|^\s*-\s+|^\s*|exec |&& )(make|swift|npm|yarn|pnpm|cargo|go|pytest|tox|mvn|\.\/gradlew|cmake|ctest|bazel|dotnet|bundle|mix|deno|zig) (\S+)/
        )
    }
}
