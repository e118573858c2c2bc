import Foundation
import Processes

/// The folders outside the system's from which this process loaded its libraries.
///
/// SAM's programs are built together, so the runner and scout load the same libraries. A build with a static Swift runtime has none.
enum RuntimeLibraries {
    static func folders() -> [String] { KernelFile.text("/proc/self/maps").map { folders(inMaps: $0) } ?? [] }

    static func folders(inMaps maps: String) -> [String] {
        var folders: Set<String> = []
        for line in maps.split(separator: "\n") {
            guard let start = line.firstIndex(of: "/"), line.hasSuffix(".so") || line.contains(".so.") else { continue }
            let path = String(line[start...])
            guard !["/usr/", "/lib/", "/lib64/", "/lib32/"].contains(where: path.hasPrefix) else { continue }
            folders.insert((path as NSString).deletingLastPathComponent)
        }
        return folders.sorted()
    }
}
