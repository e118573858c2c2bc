import AgentProtocol
import Processes
import Testing

@testable import RunnerKit
@testable import Sandbox

@Suite("The start of an agent from a description")
struct AgentLaunchTests {
    private func place(_ root: String) -> RunnerPlace {
        RunnerPlace(
            controlSocket: root + "/control.sock", folder: root + "/attempt", workspace: root + "/workspace", home: root + "/home",
            objects: root + "/objects", sockets: root + "/sockets", sandboxFiles: root + "/sandbox", programs: root + "/bin",
            bubblewrap: root + "/bwrap", executable: root + "/bin/sam-scout")
    }

    private func configuration(_ sandbox: RunnerConfiguration.SandboxKind, _ wireProtocol: WireProtocol = .acp) -> RunnerConfiguration {
        var configuration = RunnerConfiguration.forTests
        configuration.sandbox = sandbox
        configuration.agent = RunnerConfiguration.Agent(
            arguments: ["--a"], wireProtocol: wireProtocol, environment: ["SAM_LEASE": "lease", "HTTP_PROXY": "own"])
        return configuration
    }

    @Test(
        "One description gives the same command on two machines but for the places on them",
        arguments: [RunnerConfiguration.SandboxKind.bubblewrap, .none], [WireProtocol.acp, .oneShot])
    func twoMachines(_ sandbox: RunnerConfiguration.SandboxKind, _ wireProtocol: WireProtocol) throws {
        let described = configuration(sandbox, wireProtocol)
        #expect(!(try JSONLine.text(described)).contains("/machine"))
        let one = AgentLaunch(described, at: place("/machine-one")).command()
        let other = AgentLaunch(described, at: place("/machine-two")).command()
        func moved(_ text: String) -> String { text.replacing("/machine-one", with: "/machine-two") }
        #expect(moved(one.executable) == other.executable)
        #expect(one.arguments.map(moved) == other.arguments)
        #expect(one.environment.mapValues(moved) == other.environment)
        #expect(one.openFile.map(moved) == other.openFile)
        #expect(one.workingDirectory.map(moved) == other.workingDirectory)
    }

    @Test("In a sandbox the agent sees its workspace, its home and its socket, and no path of the runner's own")
    func sandboxed() throws {
        let command = AgentLaunch(configuration(.bubblewrap), at: place("/m")).command()
        #expect(command.executable == "/m/bwrap" && command.openFile == "/m/sandbox/system-calls")
        let text = " " + command.arguments.joined(separator: " ") + " "
        for bind in [
            "--bind /m/workspace /workspace", "--bind /m/home /home/agent", "--ro-bind /m/sockets /run/sam",
            "--ro-bind /m/objects /m/objects",
        ] {
            #expect(text.contains(" \(bind) "), "\(bind)")
        }
        #expect(!text.contains("/m/attempt") && !text.contains("/m/control.sock"), "Its token, spool and lock are outside")
        #expect(text.hasSuffix(" -- /opt/sam/sam-scout --a "))
        #expect(text.contains(" --file-limit \(1 << 30) "))
        #expect(command.environment["SAM_SESSION"] == "s_test" && command.environment["SAM_LEASE"] == "lease")
        #expect(command.environment["HTTP_PROXY"] == "own" && command.environment["HTTPS_PROXY"] == "http://127.0.0.1:4141")
        #expect(command.environment["HOME"] == "/home/agent")
    }

    @Test("Without a sandbox it is started as it is, in its workspace")
    func unconfined() {
        let command = AgentLaunch(configuration(.none), at: place("/m")).command()
        #expect(command.executable == "/m/bin/sam-scout" && command.arguments == ["--a"])
        #expect(command.workingDirectory == "/m/workspace" && command.openFile == nil)
        #expect(command.environment["HOME"] == "/m/home" && command.environment["HTTPS_PROXY"] == nil)
        let once = AgentLaunch(configuration(.none, .oneShot), at: place("/m")).command()
        #expect(once.executable == "/m/bin/sam-runner" && once.arguments == ["once", "--", "/m/bin/sam-scout", "--a"])
    }
}
