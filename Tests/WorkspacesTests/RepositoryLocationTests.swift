import Accounts
import AgentProtocol
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
        "A port that is none is refused, and not what git, ssh or curl would make of it",
        arguments: [
            ":99999", ":65536", ":0", ":-1", ":+443", ":0443", ":80a", ":", "：443", ":４４３", "%3A443", ":%34%34%33", ":443:443",
            ":4294967739",
        ])
    func ports(_ port: String) throws {
        for url in ["https://h.example\(port)/r.git", "http://[::1]\(port)/r", "ssh://git@h.example\(port)/r", "http://10.0.0.5\(port)/r"] {
            let error = #expect(throws: WorkspaceError.self, "\(url)") { try RepositoryLocation(url) }
            #expect(error?.code == .address)
        }
        for port in ["", ":1", ":443", ":65535"] {
            for url in ["https://h.example\(port)/r.git", "http://[::1]\(port)/r", "ssh://git@h.example\(port)/r"] {
                #expect(try RepositoryLocation(url).address == url)
            }
        }
    }

    @Test(
        "A host with a zone, in other letters or behind an encoding is refused, and no password of the address is told",
        arguments: [
            "http://[fe80::1%25eth0]/r", "https://h.exämple/r", "https://h%2eexample/r", "https://u:hun/ter2@h/r",
            "https://u:hunter2@h:0/r",
        ])
    func hosts(_ url: String) {
        let error = #expect(throws: WorkspaceError.self) { try RepositoryLocation(url) }
        #expect(error?.code == .address && error?.message.contains("hun") == false)
    }

    @Test(
        "A name is made from the last part",
        arguments: [
            ("https://github.com/apple/swift-nio", "swift-nio"), ("git@h:a/b.git", "b"), ("/srv/My Repo", "My-Repo"), ("/", nil),
            ("/srv/-odd", "odd"), ("/srv/ümläut", "ümläut"), ("/srv/ümläut.git/", "ümläut"), ("/srv/a:b", "a-b"), ("/srv/---", nil),
            ("https://h.example/team/%C3%BCml%C3%A4ut.git", "ümläut"), ("https://h.example/r.git?x=1", "r"), ("git@h:日本語.git", "日本語"),
            ("https://h.example:8443/nio/", "nio"), ("/srv/🦊", nil),
        ] as [(String, String?)])
    func names(_ address: String, _ name: String?) throws {
        #expect(try RepositoryLocation(address).suggestedName?.text == name)
    }

    @Test("A result's branch is a valid name made from the task's first words")
    func branches() {
        let session = SessionID(rawValue: "s_1")
        #expect(ResultBranch.name(session: session, task: "Fix the  Bug: ../../x?", fallback: "scout") == "sam/s_1-fix-the-bug-x")
        #expect(ResultBranch.name(session: session, task: "日本語 …", fallback: "scout") == "sam/s_1-ri-ben-yu")
        #expect(ResultBranch.name(session: session, task: "Füge Straßen hinzu", fallback: "scout") == "sam/s_1-fuge-strassen-hinzu")
        #expect(ResultBranch.name(session: session, task: "Исправь ошибку", fallback: "scout") == "sam/s_1-isprav-osibku")
        #expect(ResultBranch.name(session: session, task: "🦊 …", fallback: "scout") == "sam/s_1-scout")
        #expect(ResultBranch.name(session: session, task: String(repeating: "long ", count: 50), fallback: "x").count < 60)
    }
}
