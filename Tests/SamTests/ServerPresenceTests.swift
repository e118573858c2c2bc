import Testing

@testable import sam

@Suite("A server that goes away while a session is followed")
struct ServerPresenceTests {
    /// What is said for a history of attempts: `x` fails, `.` is answered.
    private func said(_ history: String) -> [ServerPresence.News] {
        var presence = ServerPresence()
        return history.compactMap { $0 == "x" ? presence.failed() : presence.answered() }
    }

    @Test(
        "That it is gone is said once, and then that it is back; a short restart is not worth a word",
        arguments: [
            ("", []), (".", []), ("xxx.", []), (String(repeating: "x", count: 9) + ".", []),
            (String(repeating: "x", count: 10), [.gone]), (String(repeating: "x", count: 30) + ".", [.gone, .back]),
            (String(repeating: "x", count: 30) + "..xx.", [.gone, .back]),
            (String(repeating: "x", count: 10) + "." + String(repeating: "x", count: 10) + ".", [.gone, .back, .gone, .back]),
            (String(repeating: "x", count: 150), [.gone, .givenUp]),
        ] as [(String, [ServerPresence.News])])
    func news(_ history: String, _ news: [ServerPresence.News]) {
        #expect(said(history) == news)
    }
}
