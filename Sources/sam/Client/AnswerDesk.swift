import API
import Foundation
import NIOHTTP1
import Sessions
import Wording

/// Asks the person at the terminal the open questions of a followed session.
///
/// The server has the open questions: one that was answered elsewhere is no longer asked here.
struct AnswerDesk {
    private let client: APIClient
    private let path: String
    private let printer: SessionPrinter
    private var dialogue: AnswerDialogue?
    private var isClosed = false
    private var typed: [UInt8] = []
    private var watch = QuestionWatch()
    /// Whether a failure to reach the server was reported.
    private var hasFailed = false

    /// Whether input and output are a terminal.
    static var isPossible: Bool { Terminal.isTerminal && isatty(STDIN_FILENO) == 1 }

    /// The longest line, in bytes.
    private static let lineLimit = 64 << 10

    init(_ client: APIClient, path: String, printer: SessionPrinter) {
        self.client = client
        self.path = path
        self.printer = printer
    }

    /// Asks and reads answers until the task is cancelled.
    mutating func run() async {
        while !Task.isCancelled, !isClosed {
            let isAsking = await printer.isAsking
            let changes = await printer.questionChanges
            if watch.isDue(changes: changes, isOpen: isAsking || dialogue != nil, now: .now) { await look() }
            await listen()
            await showAgain()
            try? await Task.sleep(for: .milliseconds(150))
        }
        if dialogue != nil { await end(wasTyped: false) }
    }

    private mutating func look() async {
        do {
            let session: SessionView = try await client.get(path)
            hasFailed = false
            await take(session)
        } catch {
            guard !Task.isCancelled, !hasFailed else { return }
            hasFailed = true
            await printer.say("  What the agent asks can't be read from the server at the moment: \(reason(of: error))")
        }
    }

    private mutating func take(_ session: SessionView) async {
        if let open = dialogue, !session.questions.contains(where: { $0.id == open.question.id }) { await end(wasTyped: false) }
        if dialogue == nil, let question = session.questions.first {
            // Input from before the question is no answer to it.
            tcflush(STDIN_FILENO, TCIFLUSH)
            typed = []
            let opened = AnswerDialogue(question, asker: await printer.asker(question.parent))
            dialogue = opened
            await printer.ask(opened.asked)
        }
    }

    /// Shows the question again if other output followed it.
    private mutating func showAgain() async {
        guard watch.isCovered(below: await printer.writtenBelow), let open = dialogue else { return }
        await printer.ask(open.asked)
    }

    private mutating func listen() async {
        // The system stops a background job that reads from the terminal.
        guard dialogue != nil, tcgetpgrp(STDIN_FILENO) == getpgrp() else { return }
        while var open = dialogue, let line = nextLine() {
            switch open.take(line) {
            case .ask(let lines):
                dialogue = open
                await printer.ask(lines)
            case .answer(let answer):
                await end(wasTyped: true)
                do {
                    let session: SessionView = try await client.send(
                        .POST, path + "/questions/\(open.question.id.pathSegment)", answer)
                    await take(session)
                } catch {
                    await printer.say("  That was not taken: \(reason(of: error))")
                    // Asks again if the question is still open.
                    watch.lookAgain()
                }
            }
        }
    }

    private mutating func end(wasTyped: Bool) async {
        dialogue = nil
        await printer.endAsking(wasTyped: wasTyped)
    }

    /// A typed line, if there is one; never blocks.
    private mutating func nextLine() -> String? {
        while true {
            if let end = typed.firstIndex(of: UInt8(ascii: "\n")) {
                defer { typed.removeSubrange(...end) }
                return String(decoding: typed[..<end], as: UTF8.self)
            }
            var ready = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard typed.count < Self.lineLimit, poll(&ready, 1, 0) > 0 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            guard count > 0 else {
                // End of input.
                isClosed = count == 0 || errno != EINTR && errno != EAGAIN
                return nil
            }
            typed += buffer[..<count]
        }
    }
}
