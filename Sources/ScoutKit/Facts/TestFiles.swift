/// Tells tests from other code, by the conventions of many languages.
enum TestFiles {
    static func isTest(_ path: String) -> Bool {
        let parts = path.split(separator: "/").map(String.init)
        guard let name = parts.last else { return false }
        if parts.dropLast().contains(where: { part in
            ["test", "tests", "spec", "specs", "__tests__", "testing", "e2e"].contains(part.lowercased())
                || part.hasSuffix("Tests") || part.hasSuffix("_test") || part.hasSuffix("_tests")
        }) {
            return true
        }
        let stem = name.split(separator: ".").first.map(String.init) ?? name
        return stem.hasSuffix("Tests") || stem.hasSuffix("Test") || stem.hasSuffix("_test") || stem.hasSuffix("_spec")
            || stem.hasPrefix("test_") || name.contains(".test.") || name.contains(".spec.")
    }

    /// The folder under which a test is counted, at most two levels deep.
    static func folder(of path: String) -> String {
        let folders = path.split(separator: "/").dropLast()
        return folders.isEmpty ? "." : folders.prefix(2).joined(separator: "/")
    }

    static let skipMarks = [".disabled(", "XCTSkip", "mark.skip", "t.Skip", ".skip(", "#[ignore", "@Ignore", "@Disabled"]

    /// Whether a line turns a test off, rather than mentioning it.
    static func isSkip(_ line: String) -> Bool {
        line.contains(
            /^\s*(@Test\(.*\.disabled\(|@Suite\(.*\.disabled\(|throw XCTSkip|try XCTSkip|@pytest\.mark\.skip|t\.Skip|(it|test|describe)\.skip\(|#\[ignore|@Ignore|@Disabled)/
        )
    }
}
