import Processes
import Testing

@testable import sam

@Suite("Serving as another user")
struct ServeAsTests {
    private static let kim = UnixUser(name: "kim", id: 1_234, group: 1_234, home: "/home/kim", shell: "/bin/sh")

    @Test("Root becomes the user; the user continues; others are refused; and a user who does not exist is named")
    func steps() throws {
        #expect(try ServeAs.step("kim", Self.kim, me: 0) == .become(Self.kim))
        #expect(try ServeAs.step("kim", Self.kim, me: 1_234) == .stay)
        let other = #expect(throws: ServeAs.Failure.self) { try ServeAs.step("kim", Self.kim, me: 4_321) }
        #expect(other?.description.contains("Only root can serve as kim, and this is 4321") == true)
        for me in [0, 4_321] as [UInt32] {
            let nobody = #expect(throws: ServeAs.Failure.self) { try ServeAs.step("nosuch", nil, me: me) }
            #expect(nobody?.description.contains("no user “nosuch”") == true && nobody?.description.contains("useradd") == true)
        }
        let root = try #require(UnixUser(named: "root"))
        #expect(root.id == 0 && UnixUser.name(of: 0) == "root")
        #expect(try ServeAs.step("root", root, me: 0) == .stay)
        let refused = #expect(throws: ServeAs.Failure.self) { try ServeAs.step("root", root, me: 1_234) }
        #expect(refused?.description.contains("Only root can serve as root") == true)
    }

    @Test("An unknown name is refused", arguments: ["", "no such user", "nosuch-0123456789", "0", "../root", "root:x"])
    func unknown(_ name: String) {
        #expect(UnixUser(named: name) == nil)
    }

    @Test("The user's program finds the user's own folders, and nothing of root's; what was set for SAM stays")
    func environment() {
        let environment = ServeAs.environment(
            of: Self.kim,
            from: [
                "HOME": "/root", "USER": "root", "LOGNAME": "root", "SHELL": "/bin/zsh", "XDG_RUNTIME_DIR": "/run/user/0",
                "XDG_CONFIG_HOME": "/root/c",
                "SUDO_USER": "robin", "SSH_AUTH_SOCK": "/tmp/ssh", "MAIL": "/var/mail/root", "PWD": "/root", "PATH": "/usr/bin",
                "LANG": "C.UTF-8",
                "SAM_HOME": "/srv/sam", "SAM_MASTER_KEYS": "a:b",
            ])
        #expect(
            environment == [
                "HOME": "/home/kim", "USER": "kim", "LOGNAME": "kim", "SHELL": "/bin/sh", "PATH": "/usr/bin", "LANG": "C.UTF-8",
                "SAM_HOME": "/srv/sam", "SAM_MASTER_KEYS": "a:b",
            ])
    }
}
