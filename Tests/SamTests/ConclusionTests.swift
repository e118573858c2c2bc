import API
import AgentProtocol
import Testing

@testable import sam

@Suite("What is said when a session is over")
struct ConclusionTests {
    private static let session =
        #"{"id":"s_1","project":"p","projectId":"p_1","sandbox":"bubblewrap","agent":"a","title":"t","phase":"completed","settled":true,"#
        + #""branch":"sam/s_1-t","result":{"branch":"sam/s_1-t","base":"0","commit":"1","commits":1,"files":1,"insertions":1,"deletions":1,"#
        + #""mirror":"/srv/sam/mirrors/p_1.git","others":[],"notes":[],"ignored":[],"remaining":[]},"pendingPrompts":0,"#
        + #""permissions":"ask","questions":[],"createdAt":0,"updatedAt":0}"#

    @Test("Where the server's mirror can't be read, no path of it is told, but ways that lead from there", arguments: [true, false])
    func remote(_ isReadable: Bool) throws {
        let session: SessionView = try JSONLine.decode(from: Self.session)
        let text = session.conclusion(isReadable: { path in
            #expect(path == "/srv/sam/mirrors/p_1.git")
            return isReadable
        }).map { $0.rendered(colour: false) }.joined(separator: "\n")
        #expect(text.contains("git fetch '/srv/sam/mirrors/p_1.git' sam/s_1-t") == isReadable, "\(text)")
        #expect(text.contains("git fetch origin sam/s_1-t") == !isReadable)
        #expect(text.contains("sam sessions diff s_1 | git apply") == !isReadable)
        #expect(text.contains("sam sessions land s_1"))
    }

    @Test("A session that has landed says so, and is not offered to be landed")
    func landed() throws {
        let landed = Self.session.replacing(#""createdAt":0"#, with: #""createdAt":0,"landedAt":0"#)
        let session: SessionView = try JSONLine.decode(from: landed)
        let text = session.conclusion(isReadable: { _ in true }).map { $0.rendered(colour: false) }.joined(separator: "\n")
        #expect(text.contains("Landed ") && !text.contains("sam sessions land") && session.status == "completed, landed", "\(text)")
    }

    @Test("An interrupted session says the cause")
    func interrupted() throws {
        let failure = #""phase":"interrupted","failure":{"code":"runnerDied","message":"The runner died."}"#
        let session: SessionView = try JSONLine.decode(from: Self.session.replacing(#""phase":"completed""#, with: failure))
        let text = session.conclusion(isReadable: { _ in true }).map { $0.rendered(colour: false) }.joined(separator: "\n")
        #expect(text.contains("Interrupted: The runner died.") && !text.contains("Failed"), "\(text)")
    }
}
