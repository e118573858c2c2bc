import AgentProtocol
import ControlPlane
import Foundation
import Sessions
import UnixSignals
import Wording

/// Follows a session to its end.
enum Following {
    /// The output format.
    enum Form {
        case lines
        /// One JSON event per line.
        case json
    }

    /// Shows a session from its first event until it is settled, also across restarts of the server.
    ///
    /// - Parameter onInterrupt: called at the first Ctrl-C; the second ends the program.
    /// - Returns: the session at its end.
    static func follow(
        _ id: SessionID, _ client: APIClient, as form: Form, onInterrupt: @escaping @Sendable () async -> Void
    ) async throws -> SessionView {
        let path = "/api/v1/sessions/\(id.rawValue.pathSegment)"
        let asksHere = form == .lines && AnswerDesk.isPossible
        let printer = SessionPrinter(try await client.get(path), asksHere: asksHere)
        let interrupts = Interrupts { await onInterrupt() }
        defer { interrupts.stop() }
        let clock = Task {
            while !Task.isCancelled {
                if form == .lines { await printer.drawStatus() }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
        defer { clock.cancel() }
        let steps = Task {
            // After a failure it is requested again a second later.
            while form == .lines, !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                guard await printer.mayHaveSteps, let session: SessionView = try? await client.get(path) else { continue }
                await printer.step(session.step)
            }
        }
        defer { steps.cancel() }
        let asking = Task {
            guard asksHere else { return }
            var desk = AnswerDesk(client, path: path, printer: printer)
            await desk.run()
        }
        defer { asking.cancel() }

        var last = 0
        var server = ServerPresence()
        func tell(_ note: PrintedText) async { form == .lines ? await printer.say(note) : Terminal.warn(note) }
        while true {
            do {
                try await client.follow(path + "/events/stream", after: last) {
                    if server.answered() == .back { await tell("! The server is back.") }
                } receive: { data in
                    let event: SessionEvent = try JSONLine.decode(from: data)
                    guard event.seq > last else { return }
                    last = event.seq
                    switch form {
                    case .lines: await printer.show(event)
                    case .json: Terminal.line("\(VisibleText(json: String(decoding: data, as: UTF8.self)))")
                    }
                }
                let session: SessionView = try await client.get(path)
                if session.settled {
                    await printer.eraseStatus()
                    return session
                }
            } catch let failure as APIClient.Failure where failure.status != nil {
                throw failure
            } catch {
                switch server.failed() {
                case nil, .back: break
                case .gone: await tell("! The server is gone. The session continues without it; waiting for the server.")
                case .givenUp:
                    throw APIClient.Failure(
                        status: nil,
                        description: """
                            The server did not come back. The session continues without it; this starts a server and shows it: \
                            sam sessions watch \(id.rawValue)
                            """)
                }
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

/// Handles Ctrl-C: the first calls a closure, the second ends the program.
struct Interrupts: Sendable {
    private let listening: Task<Void, Never>

    init(_ first: @escaping @Sendable () async -> Void) {
        listening = Task {
            var count = 0
            for await _ in await UnixSignalsSequence(trapping: .sigint) {
                count += 1
                if count > 1 { exit(130) }
                Task { await first() }
            }
        }
    }

    func stop() {
        listening.cancel()
    }
}
