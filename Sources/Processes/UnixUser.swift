import Foundation
import Glibc

/// A user account of this machine.
public struct UnixUser: Sendable, Hashable {
    /// The login name.
    public var name: String
    /// The user id.
    public var id: uid_t
    /// The primary group's id.
    public var group: gid_t
    /// The home directory, which need not exist.
    public var home: String
    /// The login shell.
    public var shell: String

    /// Creates a description of a user.
    public init(name: String, id: uid_t, group: gid_t, home: String, shell: String) {
        self.name = name
        self.id = id
        self.group = group
        self.home = home
        self.shell = shell
    }

    /// The user with this name; `nil` if no user has it.
    public init?(named name: String) {
        var found: UnixUser?
        Self.lookUp { entry, buffer, result in
            guard let room = buffer.baseAddress else { return EINVAL }
            let error = getpwnam_r(name, entry, room, buffer.count, result)
            if error == 0, let entry = result.pointee { found = UnixUser(entry.pointee) }
            return error
        }
        guard let found else { return nil }
        self = found
    }

    /// The user with this id; `nil` if no user has it.
    public init?(id: uid_t) {
        var found: UnixUser?
        Self.lookUp { entry, buffer, result in
            guard let room = buffer.baseAddress else { return EINVAL }
            let error = getpwuid_r(id, entry, room, buffer.count, result)
            if error == 0, let entry = result.pointee { found = UnixUser(entry.pointee) }
            return error
        }
        guard let found else { return nil }
        self = found
    }

    /// The name of the user with this id; the number if no user has it.
    public static func name(of id: uid_t) -> String { UnixUser(id: id)?.name ?? String(id) }

    /// The home directories of the user of this process: the one in the user database and the one in `HOME`. A user id without an entry,
    /// as in containers, has only the latter; both can be missing.
    public static func ownHomes(environment: [String: String] = ProcessInfo.processInfo.environment) -> [String] {
        [UnixUser(id: getuid())?.home, environment["HOME"]].compactMap(\.self).filter { $0.hasPrefix("/") }
    }

    /// Changes this process, which runs as root, to this user permanently: supplementary groups, group and user in this order, because each
    /// step removes the right to the earlier ones.
    ///
    /// - Throws: ``ProcessError`` if that fails or could be reversed. The process must end then.
    public func become() throws(ProcessError) {
        guard initgroups(name, group) == 0 else { throw failure("its groups can't be taken on") }
        guard setgid(group) == 0 else { throw failure("its group can't be taken on") }
        guard setuid(id) == 0 else { throw failure("its id can't be taken on") }
        guard getuid() == id, geteuid() == id, getgid() == group, getegid() == group else {
            throw ProcessError(.notStarted, "This process did not become \(name).")
        }
        // root's setuid sets the real, effective and saved id. That root can't be regained is verified all the same.
        guard id == 0 || setuid(0) != 0 && seteuid(0) != 0 && geteuid() == id else {
            throw ProcessError(.notStarted, "This process became \(name) and could become root again. It ends.")
        }
    }

    private func failure(_ what: String) -> ProcessError {
        ProcessError(.notStarted, "This process can't become \(name): \(what): \(String(cString: strerror(errno))).")
    }

    private init(_ entry: passwd) {
        self.init(
            name: String(cString: entry.pw_name), id: entry.pw_uid, group: entry.pw_gid, home: String(cString: entry.pw_dir),
            shell: String(cString: entry.pw_shell))
    }

    /// Grows the buffer until the entry fits: its size is not known in advance.
    private static func lookUp(
        _ body: (UnsafeMutablePointer<passwd>, UnsafeMutableBufferPointer<CChar>, UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>) ->
            CInt
    ) {
        var size = 1_024
        while size <= 1 << 20 {
            var entry = passwd()
            var result: UnsafeMutablePointer<passwd>?
            var buffer = [CChar](repeating: 0, count: size)
            let error = buffer.withUnsafeMutableBufferPointer { body(&entry, $0, &result) }
            guard error == ERANGE else { return }
            size *= 4
        }
    }
}
