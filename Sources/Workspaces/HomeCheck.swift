import Foundation
import Processes

/// The findings of `sam doctor` about the home that SAM will use: whether it exists, its owner, who can read it, and its running server.
public struct HomeCheck: Sendable {
    private let home: Home

    /// Creates a check of a home.
    public init(home: Home) {
        self.home = home
    }

    /// Checks everything. Changes nothing.
    public func findings() -> [HostCheck.Finding] {
        [folder()] + secrets() + [server()]
    }

    private static let name = "home"

    private func folder() -> HostCheck.Finding {
        if let why = home.pathObjection {
            return HostCheck.Finding(name: Self.name, severity: .failure, detail: why, fix: "Set SAM_HOME to a shorter path.")
        }
        guard let status = Self.status(of: home.path) else { return missing() }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return HostCheck.Finding(
                name: Self.name, severity: .failure, detail: "\(home.path) is no folder",
                fix: "Move it away, or set SAM_HOME to another path.")
        }
        guard status.st_uid == geteuid() || geteuid() == 0 else {
            return HostCheck.Finding(
                name: Self.name, severity: .failure,
                detail: "\(home.path) belongs to \(Self.user(status.st_uid)), not to \(Self.user(geteuid()))",
                fix: "Run SAM as \(Self.user(status.st_uid)), or set SAM_HOME to a folder of your own.")
        }
        guard access(home.path, R_OK | W_OK | X_OK) == 0 else {
            return HostCheck.Finding(
                name: Self.name, severity: .failure, detail: "\(home.path) can't be written: \(String(cString: strerror(errno)))",
                fix: "chmod 700 '\(home.path)', or set SAM_HOME to a folder on a disk that can be written.")
        }
        let database =
            FileManager.default.fileExists(atPath: home.database)
            ? "with its database" : "without a database: the first start makes one"
        guard status.st_mode & 0o077 == 0 else {
            return HostCheck.Finding(
                name: Self.name, severity: .warning, detail: "\(home.path) can be looked into by others (\(Self.mode(status)))",
                fix: "chmod 700 '\(home.path)'")
        }
        return HostCheck.Finding(name: Self.name, severity: .ok, detail: "\(home.path), \(database)")
    }

    private func missing() -> HostCheck.Finding {
        var parent = (home.path as NSString).deletingLastPathComponent
        while Self.status(of: parent) == nil, parent != "/" { parent = (parent as NSString).deletingLastPathComponent }
        guard let status = Self.status(of: parent), status.st_mode & S_IFMT == S_IFDIR, access(parent, W_OK | X_OK) == 0 else {
            return HostCheck.Finding(
                name: Self.name, severity: .failure, detail: "\(home.path) is not there and can't be made: \(parent) can't be written",
                fix: "Set SAM_HOME to a folder of your own.")
        }
        return HostCheck.Finding(name: Self.name, severity: .ok, detail: "\(home.path) is made at the first start")
    }

    /// The files that give full access.
    private func secrets() -> [HostCheck.Finding] {
        [home.tokenFile, home.masterKeys].compactMap { path in
            guard let status = Self.status(of: path) else { return nil }
            let file = URL(filePath: path).lastPathComponent
            if status.st_mode & 0o077 != 0 {
                return HostCheck.Finding(
                    name: file, severity: .warning, detail: "\(path) can be read by others (\(Self.mode(status)))",
                    fix: "chmod 600 '\(path)'")
            }
            guard access(path, R_OK) != 0 else { return nil }
            return HostCheck.Finding(
                name: file, severity: .failure, detail: "\(path) can't be read; it belongs to \(Self.user(status.st_uid))",
                fix: "Run SAM as \(Self.user(status.st_uid)).")
        }
    }

    private func server() -> HostCheck.Finding {
        switch FileLock.standing(path: home.serverLock) {
        case .held: break
        case .free:
            return HostCheck.Finding(name: "server", severity: .ok, detail: "none runs in this home; one is started when it is needed")
        case .unknown:
            return HostCheck.Finding(
                name: "server", severity: .warning, detail: "whether one runs can't be told: \(home.serverLock) can't be opened")
        }
        let process = FileLock.holder(path: home.serverLock).map { "process \($0)" } ?? "a process"
        struct Told: Decodable { var url: String? }
        let told = FileManager.default.contents(atPath: home.serverFile).flatMap { try? JSONDecoder().decode(Told.self, from: $0) }
        return HostCheck.Finding(
            name: "server", severity: .ok, detail: "\(process) serves this home\(told?.url.map { " at \($0)" } ?? "")")
    }

    // MARK: - Parts

    private static func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    private static func mode(_ status: stat) -> String { String(status.st_mode & 0o777, radix: 8) }

    private static func user(_ id: uid_t) -> String {
        guard let entry = getpwuid(id), let name = entry.pointee.pw_name else { return "user \(id)" }
        return String(cString: name)
    }
}
