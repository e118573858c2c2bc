import ControlPlane
import Foundation
import NIOHTTP1
import Sessions

/// Asks whoever sits at the terminal what a followed session's agent wants to know.
///
/// The server knows what is open: a question that was answered elsewhere is no longer asked here.
struct AnswerDesk {
    private let client: APIClient
    private let path: String
    private let printer: SessionPrinter
    private var dialogue: AnswerDialogue?
    private var isClosed = false
    private var typed: [UInt8] = []

    /// Whether somebody can be asked: on a terminal, in both directions.
    static var isPossible: Bool { Terminal.isTerminal && isatty(STDIN_FILENO) == 1 }

    /// The longest line that is read.
    private static let lineLimit = 64 << 10

    init(_ client: APIClient, path: String, printer: SessionPrinter) {
        self.client = client
        self.path = path
        self.printer = printer
    }

    /// Asks and listens until the task is cancelled.
    mutating func run() async {
        while !Task.isCancelled, !isClosed {
            if await printer.isAsking || dialogue != nil { await look() }
            try? await Task.sleep(for: .milliseconds(150))
        }
    }

    private mutating func look() async {
        guard let session: SessionView = try? await client.get(path) else { return }
        if let open = dialogue, !session.questions.contains(where: { $0.id == open.question.id }) { await end() }
        if dialogue == nil, let question = session.questions.first {
            // What was typed before a question was there is no answer to it.
            tcflush(STDIN_FILENO, TCIFLUSH)
            typed = []
            let opened = AnswerDialogue(question)
            dialogue = opened
            await printer.ask(opened.opening)
        }
        await listen()
    }

    private mutating func listen() async {
        // Whoever reads from a terminal that another program has is stopped by the system.
        guard tcgetpgrp(STDIN_FILENO) == getpgrp() else { return }
        while var open = dialogue, let line = nextLine() {
            switch open.take(line) {
            case .ask(let lines):
                dialogue = open
                await printer.ask(lines)
            case .answer(let answer):
                await end()
                do {
                    let _: SessionView = try await client.send(.POST, path + "/questions/\(open.question.id.pathSegment)", answer)
                } catch {
                    // It is asked again if it is open still.
                    await printer.ask([Terminal.plain("  That was not taken: \(error)")])
                }
            }
        }
    }

    private mutating func end() async {
        dialogue = nil
        await printer.endAsking()
    }

    /// A line that was typed, if one is there; never waits.
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
                // Nobody types here any more.
                isClosed = count == 0 || errno != EINTR && errno != EAGAIN
                return nil
            }
            typed += buffer[..<count]
        }
    }
}
