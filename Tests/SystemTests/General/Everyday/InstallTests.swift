import Foundation
import Processes
import Testing

@testable import SystemSupport

@Suite("Installing")
struct InstallTests {
    @Test("The three programs are installed together, find each other from anywhere, and are removed again; what can't be written is named")
    func install() async throws {
        try await SamFixture.with { sam in
            let source = SamFixture.repositoryRoot.path(percentEncoded: false)
            func make(_ target: String, _ prefix: String) async throws -> Output {
                // What is built is built.
                try await Command(
                    "/usr/bin/make", ["-s", "-o", "build", target, "PREFIX=\(prefix)"],
                    environment: ["HOME": sam.scratch, "PATH": "/usr/bin:/bin"], workingDirectory: source
                ).run(timeout: .seconds(120))
            }
            let prefix = sam.scratch + "/a place"
            let installed = try await make("install", prefix)
            #expect(installed.termination == .exited(0), "\(installed.standardError)")
            #expect(installed.text.contains("export PATH=\"\(prefix)/bin:$PATH\""), "\(installed.text)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: prefix + "/bin").sorted() == ["sam", "sam-runner", "sam-scout"])
            let doctor = try await Command(
                prefix + "/bin/sam", ["doctor"],
                environment: ["SAM_HOME": sam.home, "HOME": sam.scratch, "PATH": "/usr/bin:/bin"], workingDirectory: "/"
            ).run(timeout: .seconds(60))
            #expect(doctor.text.contains("sam-runner and sam-scout in \(prefix)/bin"), "\(doctor.text)")
            #expect(try await make("uninstall", prefix).termination == .exited(0))
            #expect(try FileManager.default.contentsOfDirectory(atPath: prefix + "/bin") == [])
            try sam.write("", to: "file")
            let refused = try await make("install", sam.scratch + "/file")
            #expect(refused.termination != .exited(0) && refused.standardError.contains("/file/bin can't be written"))
        }
    }
}
