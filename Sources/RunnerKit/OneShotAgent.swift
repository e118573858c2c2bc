import AgentProtocol
import Foundation
import Processes
import Wording

/// An ACP agent that starts a program for each prompt and reports its output.
///
/// The program keeps no state between prompts, except in the workspace.
public actor OneShotAgent {
    /// The placeholder for the prompt in the program's arguments.
    public static let placeholder = "${prompt}"

    private let command: [String]
    private let send: @Sendable (Data) -> Void
    private var turn: Turn?
    /// Whether the running turn was asked to stop, even before its program runs.
    private var isCancelled = false
    private var isOver = false
    private var turns = 0

    private enum Turn {
        /// The program does not run yet.
        case starting
        case running(OwnedProcess, reading: Task<Void, Never>)
    }

    /// Creates an agent.
    ///
    /// - Parameters:
    ///   - command: the program and its arguments; never empty.
    ///   - send: writes a message to the client.
    public init(command: [String], send: @escaping @Sendable (Data) -> Void) {
        self.command = command
        self.send = send
    }

    /// Handles a line from the client.
    public func receive(_ line: Data) {
        guard let message = RPCMessage(line: line) else { return }
        switch message {
        case .request(let id, ACP.Method.initialize, _):
            let name = URL(filePath: command[0]).lastPathComponent
            reply(
                id,
                ACP.InitializeResponse(
                    protocolVersion: ACP.version, agentCapabilities: nil, agentInfo: ACP.Implementation(name: name, title: name),
                    authMethods: nil))
        case .request(let id, ACP.Method.newSession, _): reply(id, ACP.NewSessionResponse(sessionId: "once"))
        case .request(let id, ACP.Method.prompt, let params):
            let blocks = params["prompt"]?.elements ?? []
            begin(id, blocks.compactMap { $0["text"]?.string }.joined(separator: "\n"))
        case .request(let id, let method, _): send(RPCMessage.failure(id: id, error: .methodNotFound(method)).line)
        case .notification(ACP.Method.cancel, _):
            isCancelled = turn != nil
            stop()
        case .notification, .success, .failure: break
        }
    }

    /// Kills the running program; called when the client is gone.
    public func finish() {
        isOver = true
        if case .running(let process, _) = turn { process.signalGroup(SIGKILL) }
    }

    private func begin(_ id: RPCIdentifier, _ prompt: String) {
        guard turn == nil else {
            return send(RPCMessage.failure(id: id, error: .invalidRequest("A prompt is being answered.")).line)
        }
        turns += 1
        turn = .starting
        isCancelled = false
        let arguments = command.dropFirst().map { $0.replacing(Self.placeholder, with: prompt) }
        Task { await run(id, Command(command[0], arguments, environment: ProcessInfo.processInfo.environment)) }
    }

    private func run(_ id: RPCIdentifier, _ command: Command) async {
        defer { turn = nil }
        guard !isCancelled, !isOver else { return reply(id, ACP.PromptResponse(stopReason: "cancelled")) }
        do throws(ProcessError) {
            let (process, output) = try await Self.start(command)
            let reading = Task { await read(output) }
            turn = .running(process, reading: reading)
            if isOver { process.signalGroup(SIGKILL) }
            if isCancelled { stop() }
            let termination = await process.termination()
            await reading.value
            if isCancelled { return reply(id, ACP.PromptResponse(stopReason: "cancelled")) }
            guard termination.isSuccess else {
                return send(RPCMessage.failure(id: id, error: .internalError("The program ended with \(termination).")).line)
            }
            reply(id, ACP.PromptResponse(stopReason: "end_turn"))
        } catch {
            send(RPCMessage.failure(id: id, error: .internalError("The program could not be started: \(reason(of: error))")).line)
        }
    }

    /// Starts a program with standard output and error on one pipe, whose reading end the caller closes.
    private static func start(_ command: Command) async throws(ProcessError) -> (OwnedProcess, output: CInt) {
        let output = try PipeEnds()
        do throws(ProcessError) {
            let process = try await OwnedProcess.start(command, descriptors: Descriptors(output: output.writing, error: output.writing))
            close(output.writing)
            return (process, output.reading)
        } catch {
            output.close()
            throw error
        }
    }

    /// Ends the running program: SIGTERM, SIGKILL after 2 s, and 1 s later reading stops even if descendants keep the pipe open.
    private func stop() {
        guard case .running(let process, let reading) = turn else { return }
        process.signalGroup(SIGTERM)
        Task {
            try? await Task.sleep(for: .seconds(2))
            process.signalGroup(SIGKILL)
            try? await Task.sleep(for: .seconds(1))
            reading.cancel()
        }
    }

    private func read(_ output: CInt) async {
        var lines = PrintedLines()
        for await bytes in ByteChunks.of(output) { say(lines.append(bytes)) }
        say(lines.finish())
    }

    private func say(_ text: String) {
        guard !text.isEmpty, let update = try? ACP.UpdateNotification(sessionId: "once", update: .message(text, id: "turn-\(turns)")),
            let params = try? JSONValue(encoding: update)
        else { return }
        send(RPCMessage.notification(method: ACP.Method.update, params: params).line)
    }

    private func reply(_ id: RPCIdentifier, _ result: some Encodable) {
        guard let result = try? JSONValue(encoding: result) else { return }
        send(RPCMessage.success(id: id, result: result).line)
    }
}
