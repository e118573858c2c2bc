import Testing

/// `make test` runs every test target of the built programs in exactly one step.
@Suite("The steps of make test")
struct TestStepTests {
    @Test("Each target of system tests, and each module that a step leaves out, has a step of its own")
    func steps() throws {
        let package = try PackageDescription.text("Package.swift")
        let commands = try PackageDescription.text("Makefile").split(separator: "\n").filter { $0.hasPrefix("\tswift test --skip-build ") }
        let systems = package.matches(of: /systemTests\("([A-Za-z]+)", in:/).map { String($0.1) }
        try #require(systems.count > 5)
        let steps = commands.compactMap { $0.firstMatch(of: /--filter '\^([A-Za-z]+)\\\.'/).map { String($0.1) } }
        let modules = commands.flatMap { $0.matches(of: /--skip '\^([A-Za-z]+)\\\.'/).map { String($0.1) } }
        #expect(steps.sorted() == (systems + modules).sorted())
        #expect(commands.count == steps.count + 1, "One step runs all the other modules.")
        #expect(systems.allSatisfy { $0.hasSuffix("SystemTests") }, "The step of the modules leaves them out by this ending.")
    }
}
