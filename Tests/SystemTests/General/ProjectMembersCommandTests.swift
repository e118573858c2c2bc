import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("sam projects members")
struct ProjectMembersCommandTests {
    @Test("Members are added with a role, listed with it, given another and taken out")
    func roles() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            for name in ["kim", "lee"] { _ = try await sam.newUser(name) }
            try await sam.act("projects", "members", "add", "project", "kim")
            try await sam.act("projects", "members", "add", "project", "lee", "--role", "viewer")
            #expect(try await listed(sam) == ["kim": "member", "lee": "viewer", "owner": "owner"])
            let table = try await sam.sam("projects", "members", "project").text
            #expect(table.contains("ROLE") && table.contains("viewer"), "\(table)")
            try await sam.act("projects", "members", "role", "project", "lee", "owner")
            try await sam.act("projects", "members", "add", "project", "kim", "--role", "viewer")
            #expect(try await listed(sam) == ["kim": "viewer", "lee": "owner", "owner": "owner"])
            let left = try await sam.sam("projects", "members", "rm", "project", "kim")
            #expect(left.termination == .exited(0) && left.text == "kim does not belong to project any more.\n", "\(left.standardError)")
            #expect(try await listed(sam) == ["lee": "owner", "owner": "owner"])
            try await sam.act("users", "disable", "lee")
            #expect(try await sam.sam("projects", "members", "project").text.contains("disabled"))
        }
    }

    @Test("A user without the right, an invalid role, a stranger and the last owner are refused with a sentence, and nothing is changed")
    func refused() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            try await sam.project()
            let kim = try await sam.newUser("kim")
            _ = try await sam.newUser("lee")
            try await sam.admit("kim")
            let before = try await sam.rows()
            let server = try sam.address()
            for (arguments, token, code, words) in [
                (["add", "project", "lee"], kim, 1, "Ask one who owns it: owner."),
                (["role", "project", "owner", "viewer"], kim, 1, "Ask one who owns it: owner."),
                (["rm", "project", "owner"], kim, 1, "Ask one who owns it: owner."),
                (["role", "project", "owner", "member"], nil, 1, "owner is the last owner"),
                (["rm", "project", "owner"], nil, 1, "owner is the last owner"),
                (["role", "project", "lee", "member"], nil, 1, "lee does not belong to this project"),
                (["add", "project", "nobody"], nil, 1, "no user “nobody”"), (["add", "nowhere", "lee"], nil, 1, "no project “nowhere”"),
                (["add", "project", "lee", "--role", "king"], nil, 2, "king"), (["role", "project", "kim", "king"], nil, 2, "king"),
            ] as [([String], String?, Int32, String)] {
                let output = try await sam.sam(
                    ["projects", "members"] + arguments, environment: token.map { ["SAM_URL": server, "SAM_TOKEN": $0] } ?? [:])
                #expect(output.termination == .exited(code), "\(arguments): \(output.standardError)")
                #expect(output.standardError.contains(words), "\(arguments): \(output.standardError)")
            }
            #expect(try await sam.rows() == before)
        }
    }

    private func listed(_ sam: SamFixture) async throws -> [String: String] {
        let members = try await sam.json("projects", "members", "list", "project")["members"]?.elements ?? []
        return Dictionary(
            members.compactMap { member in member["name"]?.string.flatMap { name in member["role"]?.string.map { (name, $0) } } },
            uniquingKeysWith: { one, _ in one })
    }
}
