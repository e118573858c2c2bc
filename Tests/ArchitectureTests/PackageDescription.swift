import Foundation

/// What Package.swift says of the modules and programs, read as text: the test must not depend on what it judges.
struct PackageDescription {
    /// Each module or program with those that it depends on directly. C libraries are left out.
    let dependencies: [String: Set<String>]

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    init() throws {
        let text = try Self.text("Package.swift")
        let declaration = /(?:module|program)\(\s*"([A-Za-z-]+)"(?:,\s*\[([^\]]*)\])?/.dotMatchesNewlines()
        var found: [String: Set<String>] = [:]
        for match in text.matches(of: declaration) {
            found[String(match.1)] = Set((match.2 ?? "").matches(of: /"([A-Za-z-]+)"/).map { String($0.1) })
        }
        dependencies = found.mapValues { $0.intersection(found.keys) }
    }

    /// Everything that a module reaches, directly or not.
    func reached(from module: String) -> Set<String> {
        var reached: Set<String> = []
        var next = Array(dependencies[module] ?? [])
        while let one = next.popLast() {
            if reached.insert(one).inserted { next += dependencies[one] ?? [] }
        }
        return reached
    }

    /// The direct dependencies that no other one implies: what a picture shows.
    func essential(of module: String) -> Set<String> {
        let direct = dependencies[module] ?? []
        return direct.filter { one in !direct.contains { $0 != one && reached(from: $0).contains(one) } }
    }
}
