import Accounts
import AgentProtocol
import Testing
import Workspaces

@testable import Sessions

@Suite("The stored state and its version")
struct StateVersionTests {
    private var state: SessionState {
        var state = SessionState(ending: .onRequest)
        state.phase = .working
        state.workspace = PreparedWorkspace(base: "abc", defaultBranch: "main", notes: ["A note."])
        state.pending = [PromptID(rawValue: "t_1")]
        state.questions = [OpenQuestion(id: "q_1", text: "Which?", suggestions: ["This"], until: 5)]
        return state
    }

    @Test("A state comes back as it was stored, and its version stands beside it")
    func roundTrip() throws {
        let text = try state.stored()
        #expect(try SessionState(stored: text) == state)
        #expect(try JSONLine.decode(JSONValue.self, from: text)["version"] == .integer(SessionState.version))
    }

    @Test("A state from before there were versions and questions is read, with what it lacks")
    func beforeVersions() throws {
        var wanted = state
        wanted.questions = []
        var members = try JSONLine.decode([String: JSONValue].self, from: try wanted.stored())
        members["version"] = nil
        members["questions"] = nil
        #expect(try SessionState(stored: try JSONLine.text(members)) == wanted)
        members["version"] = .integer(0)
        #expect(try SessionState(stored: try JSONLine.text(members)) == wanted)
    }

    /// A result as version 1 stored it, and as it is now.
    static let results: [(old: JSONValue, new: JSONValue)] = [
        (["base": "b", "mirror": "/srv/sam/mirrors/p_1.git"], ["base": "b", "project": "p_1"]),
        (
            [
                "mirror": "/m m/p_1.git",
                "others": [
                    ["name": "/a/b", "repository": "/m m/p_1.git"], ["name": "l", "repository": "/srv/sam/sessions/s_1/lost.git"],
                ],
            ],
            [
                "project": "p_1",
                "others": [["name": "/a/b", "repository": "project"], ["name": "l", "repository": "session"]],
            ]
        ),
        (["project": "p_1", "others": [["repository": "session"]]], ["project": "p_1", "others": [["repository": "session"]]]),
        (["others": "x"], ["others": "x"]), ("text", "text"),
    ]

    @Test("A stored result loses the server's paths, and keeps everything else", arguments: results.indices)
    func paths(_ index: Int) {
        let (old, new) = Self.results[index]
        #expect(ResultPaths.removed(from: old) == new)
    }

    @Test("A state whose results have paths is read as one whose results name the project")
    func resultsWithPaths() throws {
        var wanted = state
        var result = WorkspaceResult(branch: "sam/x", base: "a", commit: "b", project: ProjectID(rawValue: "p_1"))
        result.others = [OtherWork(kind: .lost, name: "n", ref: "r", repository: .session, commit: "c")]
        wanted.salvage = .done(result)
        wanted.earlierResult = result
        var members = try JSONLine.decode([String: JSONValue].self, from: try wanted.stored())
        let old: JSONValue = [
            "branch": "sam/x", "base": "a", "commit": "b", "commits": 0, "files": 0, "insertions": 0, "deletions": 0,
            "mirror": "/home/me/.sam/mirrors/p_1.git",
            "others": [
                ["kind": "lost", "name": "n", "ref": "r", "repository": "/home/me/.sam/sessions/s_1/lost.git", "commit": "c"]
            ],
        ]
        members["version"] = .integer(1)
        members["earlierResult"] = old
        members["salvage"] = ["done": ["_0": old]]
        #expect(try SessionState(stored: try JSONLine.text(members)) == wanted)
    }

    /// What is done to a good state, and a word that the reason has.
    static let damages: [(name: String, word: String, damage: @Sendable (inout [String: JSONValue]) -> Void)] = [
        ("a newer version", "version 99", { $0["version"] = .integer(99) }),
        ("a version below any", "version -1", { $0["version"] = .integer(-1) }),
        ("a version that is no number", "“version” is of another type", { $0["version"] = .string("x") }),
        ("no phase", "“phase” is missing", { $0["phase"] = nil }),
        ("an unknown phase", "“phase” has no such value", { $0["phase"] = .string("dreaming") }),
        ("a number for a list", "“pending” is of another type", { $0["pending"] = .integer(1) }),
        ("no questions in a state that has a version", "“questions” is missing", { $0["questions"] = nil }),
    ]

    @Test("What is not as it should be is refused with the reason, and never read as something else", arguments: damages.indices)
    func damaged(_ index: Int) throws {
        let damage = Self.damages[index]
        var members = try JSONLine.decode([String: JSONValue].self, from: try state.stored())
        damage.damage(&members)
        let text = try JSONLine.text(members)
        #expect {
            _ = try SessionState(stored: text)
        } throws: { error in
            (error as? SessionsError)?.code == .unreadable && "\(error)".contains(damage.word)
        }
    }

    @Test("What is no object is refused", arguments: ["", "{", "[]", "3", "null", "\"text\"", "\u{0}", "{\"version\":1}"])
    func noObject(_ text: String) {
        #expect {
            _ = try SessionState(stored: text)
        } throws: { error in
            (error as? SessionsError)?.code == .unreadable
        }
    }
}
