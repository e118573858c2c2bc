/// Runs a body that is usually quick, and prints the text once it has taken a second.
func saying<Result>(_ text: PrintedText, _ body: () async throws -> Result) async rethrows -> Result {
    let note = Task {
        try await Task.sleep(for: .seconds(1))
        Terminal.warn(text)
    }
    defer { note.cancel() }
    return try await body()
}
