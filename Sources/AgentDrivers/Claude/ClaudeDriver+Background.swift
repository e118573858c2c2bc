import AgentProtocol

// Background tasks. The program sends the whole set whenever it changes, in no fixed order with the messages about single tasks.
extension ClaudeDriver {
    mutating func changedTasks(_ message: JSONValue) -> [DriverAction] {
        guard let set = message["tasks"]?.elements else { return [keep(message)] }
        tasks.replace(with: set, cause: turns.cause)
        // Also stops tasks that started before the request to stop everything arrived. Not ambient ones (watchers): they could restart
        // forever.
        let stops = turns.isStopping ? tasks.toStop(withAmbient: false).flatMap { request(stop($0)) } : []
        return news() + stops + (tasks.isAwaited ? tellEndOfFollowUp() + tellEnd() : [])
    }

    mutating func startedTask(_ message: JSONValue) -> [DriverAction] {
        let call = message["tool_use_id"]?.string
        tasks.start(message, parent: call.flatMap { speech.parent(of: $0) }, cause: turns.cause)
        return news()
    }

    mutating func endedTask(_ message: JSONValue) -> [DriverAction] {
        // A task in the foreground ends with its call's own result.
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
