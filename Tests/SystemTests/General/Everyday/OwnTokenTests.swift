import AgentProtocol
import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("The token that a command signs in with")
struct OwnTokenTests {
    @Test("One that is gone, empty, foreign or revoked is told at once as what it is, and `sam stop` has another made")
    func file() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let file = sam.home + "/token"
            let own = try sam.ownerToken()
            for (content, words) in [
                (nil, "\(file), with which the command line signs in, is not there."), ("", "signs in, is empty."), (" \n", "is empty."),
                ("sam_0123", "This API token is not one of this server's. It is the one in \(file)."),
            ] as [(String?, String)] {
                if let content { try sam.write(content, to: "home/token") } else { try FileManager.default.removeItem(atPath: file) }
                for command in [["sessions"], ["run", "--repo", ".", "x"], ["projects", "list", "--json"]] {
                    let output = try await sam.sam(command)
                    #expect(output.termination == .exited(1) && output.standardError.contains(words), "\(output.standardError)")
                    #expect(output.standardError.contains("sam stop") && !output.standardError.contains("could not be started"))
                    #expect(output.standardError.split(separator: "\n").count == 1, "\(output.standardError)")
                }
            }
            let doctor = try await sam.sam("doctor")
            #expect(doctor.text.contains("! server") && doctor.text.contains("not one of this server's"), "\(doctor.text)")
            #expect(try await sam.sam("stop").text.contains("The server is stopped."))
            #expect(try await sam.sam("sessions").termination == .exited(0))
            #expect(try sam.ownerToken() != own && sam.ownerToken() != "sam_0123")
        }
    }

    @Test("Who is disabled is told so; to disable oneself takes a yes, and another administrator undoes it with SAM_TOKEN alone")
    func disabled() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let kim = try await sam.user("kim", role: "administrator")
            let asked = try await sam.sam("users", "disable", "owner")
            #expect(asked.termination == .exited(1) && asked.standardError.contains("This is you") && asked.standardError.contains("--yes"))
            #expect(try await sam.sam("sessions").termination == .exited(0))
            #expect(try await sam.sam("users", "disable", "owner", "--yes").termination == .exited(0))
            let shut = try await sam.sam("sessions")
            #expect(
                shut.termination == .exited(1)
                    && shut.standardError.contains("owner, whose API token this is, is disabled.")
                    && shut.standardError.contains("sam users enable owner"), "\(shut.standardError)")
            let enabled = try await sam.sam("users", "enable", "owner", environment: ["SAM_TOKEN": kim])
            #expect(enabled.termination == .exited(0), "\(enabled.standardError)")
            #expect(try await sam.sam("sessions").termination == .exited(0))
            let wrong = try await sam.sam("sessions", environment: ["SAM_TOKEN": "sam_nobody"])
            #expect(
                wrong.termination == .exited(1) && wrong.standardError.contains("It is the one in SAM_TOKEN."), "\(wrong.standardError)")
        }
    }

    @Test("A revoked token of one's own is told as revoked, here and under SAM_URL")
    func revoked() async throws {
        try await SamFixture.with { sam in
            try await sam.serve()
            let made = try await sam.json("tokens", "create", "laptop")
            let token = try #require(made["token"]?.string)
            let id = try #require(
                try await sam.json("tokens", "list")["tokens"]?.elements?.first { $0["name"] == "laptop" }?["id"]?.string)
            #expect(try await sam.sam("sessions", environment: ["SAM_TOKEN": token]).termination == .exited(0))
            #expect(try await sam.sam("tokens", "revoke", id).termination == .exited(0))
            for url in ["", try sam.address()] {
                let output = try await sam.sam("sessions", environment: ["SAM_TOKEN": token, "SAM_URL": url])
                #expect(
                    output.termination == .exited(1) && output.standardError.contains("was revoked. It is the one in SAM_TOKEN."),
                    "\(output.standardError)")
            }
        }
    }
}
