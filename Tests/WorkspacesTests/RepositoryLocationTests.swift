import Testing

@testable import Workspaces

@Suite("Addresses of repositories")
struct RepositoryLocationTests {
    @Test(
        "Addresses that git may see are taken as they are",
        arguments: [
            "https://github.com/apple/swift-nio", "http://127.0.0.1:8080/r.git", "ssh://git@host/r.git", "git@github.com:a/b.git",
            "/srv/repo", "/srv/with space/ü",
        ])
    func taken(_ text: String) throws {
        #expect(try RepositoryLocation(text).address == text)
    }

    @Test(
        "Addresses that are options, helpers, secrets or nonsense are refused",
        arguments: [
            "", "-x", "--upload-pack=touch /tmp/x", "ext::sh -c id", "file:///etc", "ftp://h/r", "git://h/r", "relative/path", "word",
            "https://", "https://h", "https://user:password@h/r", "https://ghp_token@h/r", "ssh://-oProxyCommand=id/x", "https://h/r\nx",
            "/a\u{0}b",
            "a@-h:x", "a@h:-x", "fd::7", "https://h/r?--upload-pack=x",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: WorkspaceError.self) { try RepositoryLocation(text) }
        #expect(error?.code == .address)
    }

    @Test(
        "A name is made from the last part",
        arguments: [
            ("https://github.com/apple/swift-nio", "swift-nio"), ("git@h:a/b.git", "b"), ("/srv/My Repo", "My-Repo"), ("/", "project"),
            ("/srv/-odd", "project"),
        ])
    func names(_ address: String, _ name: String) throws {
        #expect(try RepositoryLocation(address).suggestedName == name)
    }

    @Test("A result's branch is a valid name made from the task's first words")
    func branches() {
        let session = SessionIDs.one
        #expect(ResultBranch.name(session: session, task: "Fix the  Bug: ../../x?", fallback: "scout") == "sam/s_1-fix-the-bug-x")
        #expect(ResultBranch.name(session: session, task: "日本語 …", fallback: "scout") == "sam/s_1-scout")
        #expect(ResultBranch.name(session: session, task: String(repeating: "long ", count: 50), fallback: "x").count < 60)
    }
}
