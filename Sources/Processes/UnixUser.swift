import Glibc

/// A user of this machine, and becoming one.
public struct UnixUser: Sendable, Hashable {
    public var name: String
    public var id: uid_t
    public var group: gid_t
    /// The user's own folder, which need not exist.
    public var home: String
    public var shell: String

    /// Describes a user.
    public init(name: String, id: uid_t, group: gid_t, home: String, shell: String) {
        self.name = name
        self.id = id
        self.group = group
        self.home = home
        self.shell = shell
    }

    /// The user with this name; `nil` when there is no such user.
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

    /// The name of a user's id, or the number where it has none.
    public static func name(of id: uid_t) -> String {
        var found: String?
        lookUp { entry, buffer, result in
            guard let room = buffer.baseAddress else { return EINVAL }
            let error = getpwuid_r(id, entry, room, buffer.count, result)
            if error == 0, let entry = result.pointee { found = String(cString: entry.pointee.pw_name) }
            return error
        }
        return found ?? String(id)
    }

    /// Makes this process, which is root's, this user's for good: groups, group and user, in this order, for each right to change
    /// them goes with the next.
    ///
    /// - Throws: ``ProcessError`` when that fails, or when there would be a way back. The process must not go on then.
    public func become() throws(ProcessError) {
        guard initgroups(name, group) == 0 else { throw failure("its groups can't be taken on") }
        guard setgid(group) == 0 else { throw failure("its group can't be taken on") }
        guard setuid(id) == 0 else { throw failure("its id can't be taken on") }
        guard getuid() == id, geteuid() == id, getgid() == group, getegid() == group else {
            throw ProcessError(.notStarted, "This process did not become \(name).")
        }
        // The real, the effective and the saved id are set by root's setuid; that nothing brings root back is tried all the same.
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

    /// The size of the buffer for an entry's texts is not known beforehand.
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
