import Foundation
import Testing

@testable import ScoutKit

@Suite("What scout takes for what")
struct RecognitionTests {
    @Test(
        "A mark is in a comment; the word in a string, a name or a sentence is not a mark",
        arguments: [
            ("// TO" + "DO: later", true), ("    # FIX" + "ME broken", true), ("/* TO" + "DO(me): x */", true), ("-- TO" + "DO: sql", true),
            ("<!-- TO" + "DO: html -->", true), ("let x = 1 // TO" + "DO: x", true), ("let toDo = \"TO" + "DO\"", false),
            ("case \"FIX" + "ME\":", false), ("// TODOS are many", false), ("// what is to do", false),
            ("TO" + "DO.md", false),
            ("let s = \"// TO" + "DO: in a string\"", false),
        ])
    func marks(_ line: String, _ isMark: Bool) {
        #expect((Marks.kind(of: line) != nil) == isMark)
    }

    @Test(
        "Files are told apart by their paths",
        arguments: [
            ("Sources/a.swift", FileKind.source("Swift")), ("vendor/x/a.go", .vendored), ("web/node_modules/p/i.js", .vendored),
            ("a/app.min.js", .generated), ("package-lock.json", .generated), ("x.pb.go", .generated), ("README.md", .documentation),
            ("LICENSE", .documentation), ("a.json", .data), ("logo.png", .binary), ("Makefile", .source("Make")), ("odd", .other),
        ])
    func kinds(_ path: String, _ kind: FileKind) {
        #expect(FileKind(path: path) == kind)
    }

    @Test("Content tells what the name does not: zero bytes are binary, and generated code says so")
    func refinement() {
        let source = FileKind.source("Swift")
        #expect(source.refined(by: Data([1, 0, 2])) == .binary)
        #expect(source.refined(by: Data(("// Code generated " + "by x. DO NOT " + "EDIT.\n").utf8)) == .generated)
        #expect(source.refined(by: Data("let x = 1\n".utf8)) == source)
    }

    @Test(
        "Tests are told from other code",
        arguments: [
            ("Tests/A/XTests.swift", true), ("src/test/java/A.java", true), ("pkg/a_test.go", true), ("tests/test_a.py", true),
            ("web/a.spec.ts", true), ("Sources/Testable.swift", false), ("src/contest.py", false),
        ])
    func tests(_ path: String, _ isTest: Bool) {
        #expect(TestFiles.isTest(path) == isTest)
    }

    @Test("A quoted line can hold any backticks and still ends where it ends", arguments: ["plain", "`code`", "a ``` b", "``"])
    func quoting(_ text: String) throws {
        let markdown = Reference(path: "a.md", line: 3, text: "  \(text)  ").markdown
        let found = try #require(BriefReference.all(in: markdown).first)
        #expect(found == BriefReference(path: "a.md", line: 3, text: text))
    }

    @Test("Lines are found with their numbers, once each, in order")
    func lines() {
        let reader = LineReader(Data("one x\ntwo\nx three x\n\nfour y x".utf8))
        #expect(reader.lines(containing: ["x", "y"]).map(\.number) == [1, 3, 5])
        #expect(reader.lines(containing: ["y"]).first?.text == "four y x")
        #expect(reader.count == 5)
        #expect(LineReader(Data()).count == 0)
    }
}

/// A place with its quotation, read back from a brief: independent of the code that wrote it.
struct BriefReference: Hashable {
    var path: String
    var line: Int
    var text: String

    static func all(in markdown: String) -> [BriefReference] {
        markdown.matches(of: /`([^`\n]+):(\d+)`: (`+)( ?)(.*?)\4\3(?!`)/).compactMap { match in
            Int(match.2).map { BriefReference(path: String(match.1), line: $0, text: String(match.5)) }
        }
    }
}
