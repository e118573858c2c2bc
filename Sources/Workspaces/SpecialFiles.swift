import Foundation

/// Looks for pipes, sockets and devices in a folder: a program that opens a pipe waits until another writes to it.
enum SpecialFiles {
    /// Where one is and what it is.
    struct Found: Hashable {
        var path: String
        var kind: String
    }

    /// The number of entries that are looked at; later ones are not. Larger repositories have their objects in packs.
    private static let limit = 2_000_000

    /// The first that is found in a folder or below. Links are not followed; what can't be inspected is passed over.
    static func first(in folder: String) -> Found? {
        var folders = [folder]
        var seen = 0
        while let parent = folders.popLast() {
            guard let stream = opendir(parent) else { continue }
            defer { closedir(stream) }
            while seen < limit, let entry = readdir(stream) {
                seen += 1
                let kind = Int(entry.pointee.d_type)
                if kind == Int(DT_REG) || kind == Int(DT_LNK) { continue }
                let name = name(of: entry)
                guard name != ".", name != ".." else { continue }
                let path = "\(parent)/\(name)"
                if kind == Int(DT_DIR) {
                    folders.append(path)
                    continue
                }
                // Also where the file system does not tell kinds.
                switch FileEntry(path) {
                case .special(let kind): return Found(path: path, kind: kind)
                case .folder: folders.append(path)
                case .missing, .file, .link, .other: break
                }
            }
        }
        return nil
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
        withUnsafePointer(to: &entry.pointee.d_name) { name in
            name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) { String(cString: $0) }
        }
    }
}
