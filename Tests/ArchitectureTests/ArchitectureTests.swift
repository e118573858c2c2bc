import Foundation
import Testing

/// docs/architecture.md says what the package is like, and the package is like that.
@Suite("The page on the architecture")
struct ArchitectureTests {
    private let package: PackageDescription
    private let page: String

    init() throws {
        package = try PackageDescription()
        page = try PackageDescription.text("docs/architecture.md")
    }

    /// The rows of the picture, from the ground up, each with its modules.
    private var rows: [(name: String, modules: Set<String>)] {
        page.matches(of: /subgraph ([a-z]+)\n(.*?)end/.dotMatchesNewlines()).map { row in
            (String(row.1), Set(row.2.matches(of: /\S+/).map { String($0.0) }))
        }
    }

    /// The arrows of the picture: who depends on whom.
    private var arrows: [String: Set<String>] {
        var arrows: [String: Set<String>] = [:]
        for line in page.matches(of: /([A-Za-z-]+) --> ([A-Za-z &-]+)/) {
            arrows[String(line.1), default: []].formUnion(line.2.matches(of: /[A-Za-z-]+/).map { String($0.0) })
        }
        return arrows
    }

    @Test("The picture has every module and program once")
    func modules() {
        let drawn = rows.flatMap(\.modules).sorted()
        #expect(drawn == package.dependencies.keys.sorted())
    }

    @Test("The picture has every dependency that another one does not imply, and no other")
    func dependencies() {
        let drawn = arrows
        for module in package.dependencies.keys.sorted() {
            #expect(drawn[module, default: []] == package.essential(of: module), "\(module)")
        }
    }

    @Test("A module depends on rows below its own, and within its row only where the picture has an arrow")
    func walls() throws {
        let rows = rows
        try #require(rows.count > 3)
        let height = Dictionary(uniqueKeysWithValues: rows.enumerated().flatMap { row in row.element.modules.map { ($0, row.offset) } })
        for (module, used) in package.dependencies {
            for one in used {
                let (own, other) = (try #require(height[module]), try #require(height[one]))
                let isAllowed = other < own || other == own && arrows[module, default: []].contains(one)
                #expect(isAllowed, "\(module) → \(one)")
            }
        }
    }

    @Test("The table tells of every module what it owns")
    func table() {
        let described = page.matches(of: /\n\| `([A-Za-z]+)` \| [^|]+ \|/).map { String($0.1) }.sorted()
        let modules = package.dependencies.keys.filter { !["sam", "sam-runner", "sam-scout"].contains($0) }.sorted()
        #expect(described == modules)
    }

    @Test("A source file imports only modules that its own is allowed to use")
    func imports() throws {
        for (module, used) in package.dependencies {
            let folder = PackageDescription.root.appending(path: "Sources/\(module)")
            let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            for case let file as URL in files where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                for found in text.matches(of: /(?m)^(?:public |internal |@_exported )?import (?:struct |enum |func )?([A-Za-z]+)/) {
                    let name = String(found.1)
                    guard package.dependencies.keys.contains(name) else { continue }
                    #expect(used.contains(name), "\(module)/\(file.lastPathComponent) imports \(name)")
                }
            }
        }
    }
}
