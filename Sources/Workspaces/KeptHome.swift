import Foundation
import Logging
import Processes

/// The home of an earlier session's agent, for a session that continues it. The agent may have crafted its content.
struct KeptHome {
    var path: String

    /// Files with absolute paths of the home in which they were made. Codex rebuilds its databases from the conversations beside them; old
    /// ones would point to the old home.
    private static let bound = [(folder: ".codex", names: "*.sqlite*")]

    /// Copies the home, links as links. A failure is logged only: without the copy the agent just has no memory.
    func copy(to target: String, _ logger: Logger) async {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let copy = Command("/bin/cp", ["-a", "--reflink=auto", "--", path + "/.", target])
        guard (try? await copy.run(timeout: .seconds(600)))?.termination.isSuccess == true else {
            return logger.warning("\(path) could not be copied.")
        }
        for (folder, names) in Self.bound {
            // Follows no link, not even one in place of the folder.
            let removal = Command(
                "/usr/bin/find",
                ["-P", target, "-mindepth", "2", "-maxdepth", "2", "-path", "\(target)/\(folder)/\(names)", "-type", "f", "-delete"])
            if (try? await removal.run(timeout: .seconds(60)))?.termination.isSuccess != true {
                logger.warning("What is bound to its old place could not be removed from \(target)/\(folder).")
            }
        }
    }
}
