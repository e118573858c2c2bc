import Foundation

/// Looks for a secret wherever an agent in a session's sandbox could have it: in the environment, the command line and the memory
/// of every process inside.
struct SandboxSearch: Sendable {
    let session: String

    /// Where a secret was found.
    enum Place: String, Sendable, CaseIterable {
        case commandLine = "cmdline"
        case environment = "environ"
        case memory = "mem"
    }

    /// The processes inside: those whose environment names the session.
    var processes: [pid_t] {
        let mark = Data("SAM_SESSION=\(session)".utf8)
        let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        return numbers.filter { FileManager.default.contents(atPath: "/proc/\($0)/environ")?.range(of: mark) != nil }
    }

    /// The places in which a secret stands now, in any process inside.
    func places(of canary: Canary) -> Set<Place> {
        Set(
            processes.flatMap { pid in
                Place.allCases.filter { place in
                    switch place {
                    case .memory: isInMemory(of: pid, canary)
                    default: FileManager.default.contents(atPath: "/proc/\(pid)/\(place.rawValue)").map(canary.isIn) ?? false
                    }
                }
            })
    }

    /// How many bytes of a process's memory can be read.
    func readable(of pid: pid_t) -> Int {
        var count = 0
        read(pid) { chunk in
            count += chunk.count
            return true
        }
        return count
    }

    private func isInMemory(of pid: pid_t, _ canary: Canary) -> Bool {
        var isFound = false
        read(pid) { chunk in
            isFound = canary.isIn(chunk)
            return !isFound
        }
        return isFound
    }

    /// Reads everything that a process has in its memory, but for pages of zeros, of which most of it consists, and for the programs and
    /// libraries that it runs, which are files that it can't write.
    ///
    /// - Parameter body: gets a piece, which overlaps the one before it, and tells whether to go on.
    private func read(_ pid: pid_t, _ body: (Data) -> Bool) {
        let file = open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
        guard file >= 0, let maps = FileManager.default.contents(atPath: "/proc/\(pid)/maps") else { return }
        defer { close(file) }
        let zeros = Data(count: Self.size)
        var buffer = [UInt8](repeating: 0, count: Self.size)
        for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
            // 7f0c8a5d6000-7f0c8a5d8000 rw-p 00000000 00:00 0    [stack]
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            let isProgram = fields[4] != "0" && !fields[1].contains("w")
            guard bounds.count == 2, fields[1].hasPrefix("r"), !isProgram, fields.last?.hasPrefix("[v") != true else { continue }
            var place = bounds[0]
            var tail = Data()
            while place < bounds[1] {
                let count = pread(file, &buffer, min(Self.size, Int(bounds[1] - place)), off_t(place))
                guard count > 0 else { break }
                let piece = Data(buffer[..<count])
                if piece != zeros.prefix(count) {
                    guard body(tail + piece) else { return }
                }
                tail = Data(piece.suffix(1_024))
                place += UInt64(count)
            }
        }
    }

    private static let size = 256 << 10
}
