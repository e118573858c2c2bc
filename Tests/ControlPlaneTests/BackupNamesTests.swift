import Foundation
import Testing
import Workspaces

@testable import ControlPlane

@Suite("Names in a backup")
struct BackupNamesTests {
    @Test("Those that SAM writes are taken")
    func known() {
        let configuration = Home(path: "/h").configurationFiles.map { "files/" + ($0 as NSString).lastPathComponent }
        let others = [
            "manifest.json", "sam.db", "files/usage.spool", "mirrors/p_8c1.bundle", "mirrors/p_8c1.shallow", "lost/s_8c1.bundle",
            "files/identity/id_ed25519.pub", "files/renewals/c_1-2.json",
        ]
        for name in configuration + others { #expect(BackupManifest.Place.isKnown(name), "\(name)") }
    }

    @Test(
        "Others are refused, wherever they would be placed",
        arguments: [
            "files/mirrors/p_evil.git/config", "files/token", "files/sam.db-wal", "files/vault.keys", "files/identity/../token",
            "files/identity/a/b", "files/renewals/.x", "mirrors/p_8c1.git/config", "mirrors/../x.bundle", "../sam.db", "/etc/passwd",
            "sam.db-wal", "files/agents.yaml/x", "lost/s_8c1.bundle\n", "",
        ])
    func foreign(_ name: String) {
        #expect(!BackupManifest.Place.isKnown(name))
    }
}
