import Synchronization
import Testing

@testable import Workspaces

@Suite("git's own progress")
struct GitProgressTests {
    @Test(
        "A line of progress is read",
        arguments: [
            ("remote: Counting objects:  50% (1/2)", "counting objects 50% (1 of 2)"),
            ("remote: Enumerating objects: 5, done.", "enumerating objects 5"),
            (
                "Receiving objects:  45% (450/1000), 12.34 MiB | 1.20 MiB/s",
                "receiving objects 45% (450 of 1000), 12.34 MiB | 1.20 MiB/s"
            ),
            ("Receiving objects: 100% (6/6), done.", "receiving objects 100% (6 of 6)"),
            ("Resolving deltas: 100% (2/2), completed with 1 local object.", nil),
            ("Updating files:  17% (34/200)", "updating files 17% (34 of 200)"),
            ("Writing objects: 100% (3/3), 231 bytes | 231.00 KiB/s, done.", "writing objects 100% (3 of 3), 231 bytes | 231.00 KiB/s"),
            // A side band fills its lines up with blanks.
            ("remote: Compressing objects: 100% (2/2), done.        ", "compressing objects 100% (2 of 2)"),
            ("fatal: early EOF", nil), ("error: 12% (1/2)", nil), ("From /x", nil), ("", nil), ("remote: hello: 3 people", nil),
            ("remote: \u{1b}]52;c;aGk=\u{7}: 5", nil), ("Receiving objects: 99999999999999999999% (1/2)", nil),
            ("remote: A\u{202e}B: 5", nil), ("Receiving objects: 1% (99999999999999999/2)", nil),
        ])
    func line(_ line: String, _ sentence: String?) {
        #expect(GitProgress(line)?.sentence == sentence)
    }

    @Test("Pieces of lines are put together; what is no progress is kept as a complaint, the last of it")
    func pieces() {
        let told = Mutex<[WorkspaceProgress]>([])
        let reader = GitProgressReader("fetching") { progress in told.withLock { $0.append(progress) } }
        let isNews = [
            "remote: Counting obj", "ects:  50% (1/2)\rremote: Counting ", "objects:  50% (1/2)\r", "fatal: no\nFrom x\nfatal: bad", "\n",
        ]
        .map { reader.take([UInt8]($0.utf8)) }
        #expect(isNews == [false, true, false, true, true])
        #expect(told.withLock { $0 } == [WorkspaceProgress("fetching", percent: 50, detail: "counting objects 50% (1 of 2)")])
        #expect(reader.complaints == "fatal: no\nfatal: bad\n")
        #expect(reader.lastWords == "It had come to: counting objects 50% (1 of 2).")
    }

    @Test("Bytes that grow are news, a speed that changes is none")
    func speed() {
        let reader = GitProgressReader("fetching") { _ in }
        let isNews = ["1.00 KiB | 2.00 KiB/s", "1.00 KiB | 1.00 KiB/s", "1.01 KiB | 1.00 KiB/s"].map {
            reader.take([UInt8]("Receiving objects:  50% (1/2), \($0)\r".utf8))
        }
        #expect(isNews == [true, false, true])
    }

    @Test("What git sums up is no complaint, so a failure reads the same whether or not it arrived")
    func summaries() {
        let reader = GitProgressReader("fetching") { _ in }
        let lines = [
            "remote: Total 3 (delta 1), reused 2 (delta 1), pack-reused 0", "Total 0 (delta 0), reused 0 (delta 0), pack-reused 0",
            "From /work", " * [new branch]      x          -> x", "error: Total loss",
        ]
        for line in lines { _ = reader.take([UInt8]("\(line)\n".utf8)) }
        #expect(reader.complaints == "error: Total loss\n")
    }

    @Test("A server that says endless things is not kept whole")
    func endless() {
        let reader = GitProgressReader("fetching") { _ in }
        for _ in 0..<50 { _ = reader.take([UInt8](repeating: UInt8(ascii: "x"), count: 10_000)) }
        for number in 0..<2_000 { _ = reader.take([UInt8]("\nremote: \(number)".utf8)) }
        #expect(reader.complaints.utf8.count < 100_000)
        #expect(reader.complaints.hasSuffix("remote: 1999"))
    }
}
