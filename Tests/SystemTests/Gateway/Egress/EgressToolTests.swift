import Foundation
import Processes
import Testing

@testable import SystemSupport

/// The tools that people fetch things with, in a sandbox: what is not on the list is refused, and once it is, they work.
@Suite("Tools behind the egress proxy")
struct EgressToolTests {
    @Test("Proxy variables in both cases name the second port, and spare the sandbox's own loopback")
    func variables() async throws {
        try await SamFixture.with { sam in
            try await sam.project()
            let seen = try await sam.run(project: "project", agent: "shell", "env")
            let variables = Dictionary(
                seen.said.split(separator: "\n").map { line in
                    let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
                    return (parts[0], parts.count > 1 ? parts[1] : "")
                }, uniquingKeysWith: { $1 })
            for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
                #expect(variables[name] == "http://127.0.0.1:4141", "\(name)")
            }
            for name in ["NO_PROXY", "no_proxy"] {
                let spared = (variables[name] ?? "").split(separator: ",")
                #expect(spared.contains("127.0.0.1") && spared.contains("localhost"), "\(name)")
            }
        }
    }

    @Test("curl gets nothing from a host that is not on the list, and its page once it is, in the same session", arguments: ["", "-p"])
    func curl(_ option: String) async throws {
        try await SamFixture.withOutside { sam, outside in
            let session = try await sam.shell()
            let script = "curl -sS \(option) --noproxy '' http://\(outside.authority)/hello"

            let refused = try await sam.ask(session, "\(script) -i; echo \"curl $?\"")
            #expect(refused.contains("HTTP/1.1 403 ") && refused.lowercased().contains("x-sam-egress: refused"), "\(refused)")
            #expect(refused.hasSuffix(option.isEmpty ? "curl 0" : "curl 56"), "A tunnel that is refused is a mistake: \(refused)")
            #expect(outside.requests.isEmpty)
            let told = try await sam.refusals(of: session, count: 1)
            #expect(told[0].contains(outside.authority) && told[0].contains("sam settings explain egress.hosts"))
            #expect(refused.contains(told[0]) == option.isEmpty, "The agent is told the same where its tool shows it")

            try await sam.allow(outside)
            #expect(try await sam.ask(session, script) == "from outside")
            #expect(outside.requests.map(\.uri) == ["/hello"])
            try await sam.refusals(of: session, count: 1)

            try await sam.allow(private: [])
            _ = try await sam.ask(session, script)
            #expect(outside.requests.count == 1, "Taken off the list it is refused again")
        }
    }

    @Test("git clones from a host that is on the list, and from no other")
    func git() async throws {
        try await SamFixture.withOutside { sam, outside in
            let source = try await sam.repository("source", files: ["far.txt": "from far away\n"])
            let served = "\(sam.scratch)/outside/source.git"
            try await sam.git(["clone", "-q", "--bare", source, served], in: sam.scratch)
            try await sam.git(["update-server-info"], in: served)
            let session = try await sam.shell()
            let clone = """
                unset NO_PROXY no_proxy
                git clone -q http://\(outside.authority)/source.git /tmp/source; echo "git $?"; cat /tmp/source/far.txt
                """

            let refused = try await sam.ask(session, clone)
            #expect(refused.contains("error: 403") && refused.contains("git 128"), "\(refused)")
            #expect(refused.contains("not on the list of hosts"), "git shows why")
            #expect(outside.requests.isEmpty)
            try await sam.refusals(of: session, count: 1)

            try await sam.allow(outside)
            let cloned = try await sam.ask(session, clone)
            #expect(cloned == "git 0\nfrom far away", "\(cloned)")
            #expect(outside.requests.first?.uri.hasPrefix("/source.git/info/refs") == true)
        }
    }

    @Test("pip installs a package from an index that is on the list, and from no other")
    func pip() async throws {
        try await SamFixture.withOutside { sam, outside in
            let version = try await sam.run(project: "project", agent: "shell", "/usr/bin/python3 -m pip --version")
            try #require(version.said.hasPrefix("pip "), "This needs /usr/bin/python3 with pip (python3-pip): \(version.said)")
            try await Self.makeIndex(sam)
            let session = try await sam.shell()
            let install = """
                unset NO_PROXY no_proxy
                /usr/bin/python3 -m pip install -q --no-cache-dir --disable-pip-version-check --retries 0 --no-deps \
                    --target /tmp/packages --index-url http://\(outside.authority)/simple/ outside-package; echo "pip $?"
                PYTHONPATH=/tmp/packages /usr/bin/python3 -c 'import outside_package; print(outside_package.greeting)'
                """

            let refused = try await sam.ask(session, install)
            #expect(refused.contains("pip 1") && refused.contains("ModuleNotFoundError"), "\(refused)")
            #expect(outside.requests.isEmpty)
            try await sam.refusals(of: session, count: 1)

            try await sam.allow(outside)
            let installed = try await sam.ask(session, install)
            #expect(installed.hasSuffix("pip 0\nfrom far away"), "\(installed)")
            let wheel = "/simple/outside-package/\(Self.wheel)"
            #expect(outside.requests.map(\.uri).contains("/simple/outside-package/") && outside.requests.map(\.uri).contains(wheel))
        }
    }

    // MARK: - Parts

    private static let wheel = "outside_package-1.0-py3-none-any.whl"

    /// Makes a package index with one package, as PEP 503 and 427 have it.
    private static func makeIndex(_ sam: SamFixture) async throws {
        let facts = "outside_package-1.0.dist-info"
        try sam.write("greeting = 'from far away'\n", to: "package/outside_package/__init__.py")
        try sam.write("Metadata-Version: 2.1\nName: outside-package\nVersion: 1.0\n", to: "package/\(facts)/METADATA")
        try sam.write("Wheel-Version: 1.0\nGenerator: sam\nRoot-Is-Purelib: true\nTag: py3-none-any\n", to: "package/\(facts)/WHEEL")
        let files = ["outside_package/__init__.py", "\(facts)/METADATA", "\(facts)/WHEEL", "\(facts)/RECORD"]
        try sam.write(files.map { "\($0),,\n" }.joined(), to: "package/\(facts)/RECORD")
        try sam.write("<!DOCTYPE html><a href=\"\(wheel)\">\(wheel)</a>\n", to: "outside/simple/outside-package/index.html")
        let packed = try await Command(
            "/usr/bin/python3", ["-m", "zipfile", "-c", "../outside/simple/outside-package/\(wheel)", "outside_package", facts],
            environment: ["PATH": "/usr/bin:/bin"], workingDirectory: "\(sam.scratch)/package"
        ).run()
        try #require(packed.termination == .exited(0), "\(packed.standardError)")
    }
}
