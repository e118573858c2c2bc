import Foundation
import Processes

/// Leaving control groups to a user before this process becomes that user.
public enum GroupDelegation {
    /// Makes a group that is the user's to divide, wherever root may make one, and moves this process into it. Limits stay in force so.
    /// Where that can't be done, `sam doctor` says which limits are missing.
    public static func delegate(to user: UnixUser) {
        for folder in ControlGroups.detect().parents {
            let group = "\(folder)/sam-\(user.name)"
            mkdir(group, 0o755)
            // The limits of the group itself stay root's.
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
