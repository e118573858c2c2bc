import Sandbox
import Wording

/// The disk space that a commit's files take once they are written, added up while git lists them.
struct TreeSize: Sendable, Hashable {
    /// The most entries that are counted once the limit is exceeded, only to name the size. A small pack can hold billions.
    static let countedEntries = 1_000_000

    /// In bytes.
    private(set) var bytes = 0
    /// The number of files and folders.
    private(set) var entries = 0
    private var current = 0

    /// Takes a piece of what `git ls-tree -r -t -z --format=%(objectsize)` prints: numbers that end in zero bytes, `-` for folders.
    mutating func read(_ piece: [UInt8]) {
        for byte in piece {
            switch byte {
            case 0:
                entries += 1
                bytes = min(bytes + max((current + DiskWatch.entrySize - 1) / DiskWatch.entrySize, 1) * DiskWatch.entrySize, 1 << 60)
                current = 0
            // Larger numbers mean nothing, and must not overflow.
            case UInt8(ascii: "0")...UInt8(ascii: "9"): current = min(current * 10 + Int(byte - UInt8(ascii: "0")), 1 << 55)
            default: break
            }
        }
    }

    /// Whether counting can stop: the files are too large, and there are too many of them to count them all.
    func isEnough(for room: Room) -> Bool { entries >= Self.countedEntries && bytes > min(room.limit, room.free) }

    /// Why a commit of this size can't be written; `nil` if it can.
    ///
    /// - Parameter isWhole: whether all files were counted.
    func refusal(of commit: String, in room: Room, isWhole: Bool) -> WorkspaceError? {
        let size = "\(isWhole ? "" : "at least ")\((bytes + (1 << 20) - 1) >> 20) MiB"
        let files = "\(entries.of("file and folder", "files and folders")) of commit \(commit.prefix(12))"
        let start = "The \(files) take \(size) when they are written"
        if bytes > room.limit {
            return WorkspaceError(
                .diskLimit,
                "\(start), more than the \(room.limit >> 20) MiB that a session may take (sandbox.diskMebibytes). Start from a commit with less, or raise the setting."
            )
        }
        guard bytes > room.free else { return nil }
        return WorkspaceError(
            .checkout, "\(start), and SAM's disk has \(room.free >> 20) MiB free. Make room there, or start from a commit with less.")
    }

    /// The space that a checkout may take.
    struct Room: Sendable, Hashable {
        /// The session's limit, in bytes.
        var limit: Int
        /// What is free on the disk, in bytes.
        var free: Int
    }
}
