import Foundation
import Logging
import Processes

/// What an agent kept in its home, for a session that goes on with its own. The agent may have shaped the folder.
struct KeptHome {
    var path: String

    /// Files that hold absolute paths of the home in which they were made. Codex makes its databases again from the conversations beside
    /// them; with the old ones it looks for those where they were.
    private static let bound = [(folder: ".codex", names: "*.sqlite*")]

    /// Copies it, links as links. Without it the agent remembers nothing, which is no reason to fail.
    func copy(to target: String, _ logger: Logger) async {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let copy = Command("/bin/cp", ["-a", "--reflink=auto", "--", path + "/.", target])
        guard (try? await copy.run(timeout: .seconds(600)))?.termination.isSuccess == true else {
            return logger.warning("\(path) could not be copied.")
        }
        for (folder, names) in Self.bound {
            // Follows no link, not even one in the folder's place.
            let removal = Command(
                "/usr/bin/find",
                ["-P", target, "-mindepth", "2", "-maxdepth", "2", "-path", "\(target)/\(folder)/\(names)", "-type", "f", "-delete"])
            if (try? await removal.run(timeout: .seconds(60)))?.termination.isSuccess != true {
                logger.warning("What is bound to its old place could not be removed from \(target)/\(folder).")
            }
        }
    }
}
