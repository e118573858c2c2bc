import Foundation

/// A build system, its commands, and the line that shows its use.
public struct BuildSystem: Sendable, Hashable {
    /// The build system's name.
    public var name: String
    /// The commands by purpose: `build`, `test` or `run`.
    public var commands: [String: String]
    /// The line of the manifest that shows its use.
    public var evidence: Reference
}

/// Reads manifests for how to build, test and run.
enum Manifests {
    /// Every build system with a manifest, those at the root first, twelve at most.
    static func read(_ tree: SourceTree) -> [BuildSystem] {
        let candidates = tree.files.filter { entry in
            FileKind(path: entry.path) != .vendored && entry.path.split(separator: "/").count <= 3
                && rules.contains { $0.matches(entry.path) }
        }
        let sorted = candidates.sorted {
            ($0.path.split(separator: "/").count, $0.path) < ($1.path.split(separator: "/").count, $1.path)
        }
        return sorted.prefix(12).compactMap { entry in
            guard let content = tree.content(of: entry), let rule = rules.first(where: { $0.matches(entry.path) }) else { return nil }
            return rule.read(entry.path, content)
        }
    }

    private struct Rule: Sendable {
        var file: String
        var name: String
        var commands: [String: String]
        /// A text in the line that is quoted as evidence; the first line is quoted when there is none.
        var evidence: String

        init(_ file: String, _ name: String, evidence: String, build: String? = nil, test: String? = nil, run: String? = nil) {
            self.file = file
            self.name = name
            self.evidence = evidence
            commands = ["build": build, "test": test, "run": run].compactMapValues(\.self)
        }

        func matches(_ path: String) -> Bool {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            return file.hasPrefix("*") ? name.hasSuffix(file.dropFirst()) : name == file
        }

        func read(_ path: String, _ content: Data) -> BuildSystem? {
            let lines = LineReader(content)
            guard let line = lines.lines(containing: [evidence]).first ?? lines.first(where: { !$0.allSatisfy(\.isWhitespace) })
            else { return nil }
            var commands = commands
            if name == "Make" { commands = Self.makeTargets(lines) }
            if name == "npm" { commands = Self.npmScripts(content) }
            return BuildSystem(
                name: name, commands: commands, evidence: Reference(path: path, line: line.number, text: line.text))
        }

        private static func makeTargets(_ lines: LineReader) -> [String: String] {
            var commands: [String: String] = [:]
            for (action, targets) in [("build", ["all", "build"]), ("test", ["test", "check"]), ("run", ["run", "demo", "start"])] {
                for target in targets where commands[action] == nil {
                    let found = lines.lines(containing: ["\(target):"]).contains { $0.text.hasPrefix("\(target):") }
                    if found { commands[action] = target == "all" ? "make" : "make \(target)" }
                }
            }
            return commands
        }

        private static func npmScripts(_ content: Data) -> [String: String] {
            struct Package: Decodable {
                var scripts: [String: String]?
            }
            let scripts = (try? JSONDecoder().decode(Package.self, from: content))?.scripts ?? [:]
            var commands: [String: String] = [:]
            if scripts["build"] != nil { commands["build"] = "npm run build" }
            if scripts["test"] != nil { commands["test"] = "npm test" }
            if let run = ["start", "dev"].first(where: { scripts[$0] != nil }) { commands["run"] = "npm run \(run)" }
            return commands
        }
    }

    private static let rules = [
        Rule("Makefile", "Make", evidence: "test:"),
        Rule("GNUmakefile", "Make", evidence: "test:"),
        Rule(
            "Package.swift", "Swift Package Manager", evidence: "= Package(", build: "swift build", test: "swift test",
            run: "swift run"),
        Rule("package.json", "npm", evidence: "\"scripts\""),
        Rule("Cargo.toml", "Cargo", evidence: "[package]", build: "cargo build", test: "cargo test", run: "cargo run"),
        Rule("go.mod", "Go modules", evidence: "module ", build: "go build ./...", test: "go test ./...", run: "go run ."),
        Rule("pyproject.toml", "Python project", evidence: "[project]", build: "pip install -e .", test: "pytest"),
        Rule("setup.py", "setuptools", evidence: "setup(", build: "pip install -e .", test: "pytest"),
        Rule(
            "CMakeLists.txt", "CMake", evidence: "project(", build: "cmake -B build && cmake --build build",
            test: "ctest --test-dir build"),
        Rule("meson.build", "Meson", evidence: "project(", build: "meson setup build && ninja -C build", test: "meson test -C build"),
        Rule("pom.xml", "Maven", evidence: "<artifactId>", build: "mvn package", test: "mvn test"),
        Rule("build.gradle", "Gradle", evidence: "plugins", build: "./gradlew build", test: "./gradlew test"),
        Rule("build.gradle.kts", "Gradle", evidence: "plugins", build: "./gradlew build", test: "./gradlew test"),
        Rule("Gemfile", "Bundler", evidence: "source", build: "bundle install", test: "bundle exec rake test"),
        Rule("mix.exs", "Mix", evidence: "app:", build: "mix compile", test: "mix test"),
        Rule("composer.json", "Composer", evidence: "\"name\"", build: "composer install", test: "composer test"),
        Rule("*.csproj", ".NET", evidence: "<TargetFramework", build: "dotnet build", test: "dotnet test", run: "dotnet run"),
        Rule("MODULE.bazel", "Bazel", evidence: "module(", build: "bazel build //...", test: "bazel test //..."),
        Rule("deno.json", "Deno", evidence: "\"tasks\"", test: "deno test"),
        Rule("build.zig", "Zig", evidence: "pub fn build", build: "zig build", test: "zig build test"),
    ]
}
