import AgentProtocol
import Foundation

/// An agent for tests: speaks the Agent Client Protocol and does what its first argument says.
///
/// - `shell`: runs each prompt as a shell script in the working directory and answers with its output and,
///   last, `exit N`.
/// - `slow MS`: waits before each step of the handshake, then is `shell`.
/// - `silent`: never answers.
/// - `flood`: answers the handshake and then writes gigabytes of message pieces.
/// - `flood-noise`: answers the handshake and then writes gigabytes that are no protocol.
/// - `half`: answers the handshake, writes half a line and exits.
/// - `version N`: answers with that version of the protocol.
/// - `no-key`: answers `initialize`, and `session/new` with "authentication required".
/// - `stranger`: answers a request that nobody made, then is `shell`.
/// - `stubborn`: ignores SIGTERM and the end of its input.
/// - `forking`: leaves a descendant behind in a session of its own, and exits.
/// - `long-line`: writes one line of 100 MiB.
/// - `asking`: asks to be allowed each prompt, and then is `shell`.
/// - `asking-flood`: asks a hundred times at once.
/// - `asking-gone`: asks, and exits.
/// - `parrot`: says each prompt again, and leaves it in a file.
/// - `sees`: takes images and tells of each its media type, its size and the sum of its bytes, or else is `shell`.
/// - `remembers`: can load a conversation again, and is `shell`.
/// - `dying`: kills itself in the middle of a turn.
/// - `escapes`: tells of a tool call with terminal escapes in its title and places outside of its workspace.
/// - `hostile`: puts ``HostileWords/attack`` into all that an agent can tell, and then is `shell`; fails with it when asked to `fail`,
///   and asks with it when asked to `ask`.
/// - `clock US`: each prompt is a number; tells of that many tool calls, so many microseconds apart, each with the time in
///   nanoseconds as its title.
/// - `chatty`: each prompt is a number; says that many numbered lines, one every 20 ms, and leaves a file behind.
///   With no number it goes on until somebody puts a file `enough` into its working directory.
@main
struct ScriptedAgent {
    static func main() {
        let arguments = CommandLine.arguments
        let mode = arguments.count > 1 ? arguments[1] : "shell"
        let number = arguments.count > 2 ? Int(arguments[2]) ?? 0 : 0
        if mode == "stubborn" { signal(SIGTERM, SIG_IGN) }
        if mode == "silent" { while true { sleep(1_000) } }
        if mode == "slow" { usleep(UInt32(number) * 1_000) }
        while let line = readLine(strippingNewline: true) {
            guard let message = RPCMessage(line: Data(line.utf8)), case .request(let id, let method, let params) = message else {
                continue
            }
            switch method {
            case ACP.Method.initialize:
                if mode == "slow" { usleep(UInt32(number) * 1_000) }
                reply(
                    id,
                    ACP.InitializeResponse(
                        protocolVersion: mode == "version" ? number : ACP.version,
                        agentCapabilities: capabilities(mode),
                        agentInfo: ACP.Implementation(name: "scripted", title: "Scripted", version: "1"), authMethods: nil))
            case ACP.Method.loadSession where mode == "remembers": send(.success(id: id, result: .object([:])))
            case ACP.Method.newSession:
                if mode == "slow" { usleep(UInt32(number) * 1_000) }
                if mode == "no-key" {
                    send(RPCMessage.failure(id: id, error: RPCError(code: -32000, message: "No key is set.")))
                    continue
                }
                reply(id, ACP.NewSessionResponse(sessionId: "scripted-session"))
                if mode == "stranger" { reply(.number(4_711), ACP.PromptResponse(stopReason: "end_turn")) }
            case ACP.Method.prompt:
                let blocks = params["prompt"].flatMap { try? $0.decoded(as: [ACP.ContentBlock].self) } ?? []
                let text = blocks.compactMap(\.text).joined()
                for block in blocks where mode == "sees" { tellImage(block) }
                if mode == "clock" { tellTheTime(Int(text) ?? 0, every: number) }
                answer(text, id, mode)
            default:
                send(RPCMessage.failure(id: id, error: .methodNotFound(method)))
            }
        }
        if mode == "stubborn" { while true { sleep(1_000) } }
    }

    private static func capabilities(_ mode: String) -> JSONValue? {
        switch mode {
        case "remembers": ["loadSession": true]
        case "sees": ["promptCapabilities": ["image": true]]
        default: nil
        }
    }

    private static func tellImage(_ block: ACP.ContentBlock) {
        guard block.type == "image", let data = block.data.flatMap({ Data(base64Encoded: $0) }) else { return }
        say("[\(block.mimeType ?? "?") \(data.count) \(data.reduce(0) { $0 + Int($1) })]")
    }

    private static func answer(_ text: String, _ id: RPCIdentifier, _ mode: String) {
        switch mode {
        case "flood":
            let piece = String(repeating: "flood ", count: 1_000)
            while true { say(piece) }
        case "flood-noise":
            let noise = Data(String(repeating: "this is no protocol\n", count: 1_000).utf8)
            while true { FileHandle.standardOutput.write(noise) }
        case "asking":
            switch askPermission(1, text) {
            case "y": answer(text, id, "shell")
            case "cancelled": reply(id, ACP.PromptResponse(stopReason: "cancelled"))
            default:
                say("refused")
                reply(id, ACP.PromptResponse(stopReason: "end_turn"))
            }
            return
        case "asking-flood":
            for number in 1...100 { sendPermissionRequest(number, text) }
            // The first of them is one of those that a person can answer.
            say(outcome(of: 1) ?? "no answer")
        case "asking-gone":
            sendPermissionRequest(1, text)
            exit(0)
        case "parrot":
            say(text)
            _ = FileManager.default.createFile(atPath: "said.txt", contents: Data(text.utf8))
        case "dying":
            say("I am about to")
            kill(getpid(), SIGKILL)
        case "clock": break
        case "escapes":
            var update = ACP.Update(ACP.Update.toolCall)
            update.toolCallId = "call"
            update.title = "\u{1b}[2J\u{1b}]0;owned\u{7}harmless\r\nsecond line"
            update.kind = "read"
            update.status = "completed"
            update.locations = [ACP.Location(path: "/etc/shadow"), ACP.Location(path: "../../outside")]
            send(update)
        case "hostile":
            HostileWords.updates.forEach(send)
            if text.hasPrefix("fail") {
                return send(RPCMessage.failure(id: id, error: RPCError(code: -32000, message: HostileWords.attack)))
            }
            if text.hasPrefix("ask") {
                _ = askPermission(1, HostileWords.attack, option: HostileWords.attack)
            } else {
                say(shell(text).0)
            }
        case "half":
            FileHandle.standardOutput.write(Data(#"{"jsonrpc":"2.0","method":"session/upd"#.utf8))
            exit(0)
        case "long-line":
            FileHandle.standardOutput.write(Data(repeating: UInt8(ascii: "x"), count: 100 << 20))
            FileHandle.standardOutput.write(Data("\n".utf8))
        case "chatty":
            _ = FileManager.default.createFile(atPath: "left-behind.txt", contents: Data("work\n".utf8))
            let last = Int(text)
            var line = 0
            while last.map({ line < $0 }) ?? !FileManager.default.fileExists(atPath: "enough") {
                line += 1
                say("line \(line)\n")
                usleep(20_000)
            }
        case "forking":
            shell("setsid nohup sh -c 'while true; do sleep 0.1; done' >/dev/null 2>&1 &")
            exit(0)
        default:
            let (output, status) = shell(text)
            say(output)
            say("exit \(status)")
        }
        reply(id, ACP.PromptResponse(stopReason: "end_turn"))
    }

    private static func tellTheTime(_ count: Int, every pause: Int) {
        for number in 0..<count {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            var update = ACP.Update(ACP.Update.toolCall)
            update.toolCallId = "c\(number)"
            update.title = "\(now.tv_sec * 1_000_000_000 + now.tv_nsec)"
            update.status = "completed"
            send(update)
            if pause > 0 { usleep(UInt32(pause)) }
        }
    }

    private static func askPermission(_ id: Int, _ title: String, option: String = "Yes") -> String? {
        sendPermissionRequest(id, title, option: option)
        return outcome(of: id)
    }

    private static func sendPermissionRequest(_ id: Int, _ title: String, option: String = "Yes") {
        let options: JSONValue = [
            ["optionId": "y", "name": .string(option), "kind": "allow_once"], ["optionId": "n", "name": "No", "kind": "reject_once"],
        ]
        let call: JSONValue = ["toolCallId": .string("call-\(id)"), "title": .string(title), "kind": "execute"]
        send(
            .request(
                id: .number(id), method: ACP.Method.requestPermission,
                params: ["sessionId": "scripted-session", "toolCall": call, "options": options]))
    }

    /// Reads on until the request is answered: the chosen option's id, or `cancelled`.
    private static func outcome(of id: Int) -> String? {
        while let line = readLine(strippingNewline: true) {
            guard case .success(.number(id), let result)? = RPCMessage(line: Data(line.utf8)) else { continue }
            return (result["outcome"]?["optionId"] ?? result["outcome"]?["outcome"])?.string
        }
        return nil
    }

    @discardableResult
    private static func shell(_ script: String) -> (String, Int32) {
        // Foundation's Process would wait for descendants as well; a shell's pipe ends with whoever writes to it.
        guard let pipe = popen("exec 2>&1 </dev/null\n" + script, "r") else { return ("no shell\n", -1) }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
        let status = pclose(pipe)
        return (String(decoding: output, as: UTF8.self), (status >> 8) & 0xff)
    }

    private static func say(_ text: String) {
        send(.message(text, id: "answer"))
    }

    private static func send(_ update: ACP.Update) {
        guard let update = try? ACP.UpdateNotification(sessionId: "scripted-session", update: update),
            let params = try? JSONValue(encoding: update)
        else { return }
        send(.notification(method: ACP.Method.update, params: params))
    }

    private static func reply(_ id: RPCIdentifier, _ result: some Encodable) {
        guard let result = try? JSONValue(encoding: result) else { return }
        send(.success(id: id, result: result))
    }

    private static func send(_ message: RPCMessage) {
        FileHandle.standardOutput.write(message.line)
    }
}
