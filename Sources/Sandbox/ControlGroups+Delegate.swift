import Foundation
import Processes

/// Gives a user control groups before this process becomes that user.
public enum GroupDelegation {
    /// Makes a group that the user may divide, wherever root may make one, and moves this process into it. The group's own limits stay in
    /// force. Where that fails, `sam doctor` reports the missing limits.
    public static func delegate(to user: UnixUser) {
        for folder in ControlGroups.detect().parents {
            let group = "\(folder)/sam-\(user.name)"
            mkdir(group, 0o755)
            // The files with the group's own limits stay owned by root.
            for file in ["", "/cgroup.procs", "/cgroup.threads", "/cgroup.subtree_control", "/tasks"] {
                _ = chown(group + file, user.id, user.group)
            }
            let members = open(group + "/cgroup.procs", O_WRONLY | O_CLOEXEC)
            guard members >= 0 else { continue }
            let text = String(getpid())
            _ = text.withCString { write(members, $0, strlen($0)) }
            close(members)
        }
    }
}

extension ControlGroups {
    /// The folders below which groups are made.
    fileprivate var parents: [String] {
        switch version {
        case .two(let parent): [parent]
        case .one(let memory, let processes, let cpu): Array(Set([memory, processes, cpu].compactMap(\.self)))
        case .none: []
        }
    }
}
