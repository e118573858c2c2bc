import AgentProtocol

// What runs beside its turns. The program tells the whole set each time that it changes, in no fixed order with what it tells of each.
extension ClaudeDriver {
    mutating func changedTasks(_ message: JSONValue) -> [DriverAction] {
        guard let set = message["tasks"]?.elements else { return [keep(message)] }
        tasks.replace(with: set, cause: turns.cause)
        // What began between the wish to stop everything and its arrival is stopped too. A watcher could begin again for ever.
        let stops = turns.isStopping ? tasks.toStop(withAmbient: false).flatMap { request(stop($0)) } : []
        return news() + stops + (tasks.isAwaited ? tellEndOfFollowUp() + tellEnd() : [])
    }

    mutating func startedTask(_ message: JSONValue) -> [DriverAction] {
        let call = message["tool_use_id"]?.string
        tasks.start(message, parent: call.flatMap { speech.parent(of: $0) }, cause: turns.cause)
        return news()
    }

    mutating func endedTask(_ message: JSONValue) -> [DriverAction] {
        // What runs in the foreground ends with its call's own result.
        guard let call = tasks.end(message) else { return [] }
        let words = message["summary"]?.string ?? ""
        let content: JSONValue = [["type": "content", "content": ["type": "text", "text": .string(words)]]]
        let status = message["status"] == "completed" ? "completed" : "failed"
        return [.emit(.toolCall(ToolCall(id: call, status: status, content: words.isEmpty ? nil : content)))]
    }

    private mutating func news() -> [DriverAction] {
        tasks.news().map { [.emit(.background($0))] } ?? []
    }
}
