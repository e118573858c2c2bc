import Foundation

/// A secret that is looked for wherever it should not be: plain, and as base64 and hex may have disguised it.
struct Canary: Sendable {
    private let disguises: [Data]

    init(_ secret: String) {
        let bytes = Data(secret.utf8)
        let hex = bytes.map { String(format: "%02x", $0) }.joined()
        // What base64 makes of a text depends on how many bytes stand before it, modulo three; the characters at both
        // ends depend on the neighbours as well.
        let base64 = (0..<3).flatMap { offset -> [String] in
            let text = (Data(repeating: 0, count: offset) + bytes).base64EncodedString()
            let inner = String(text.dropFirst(offset == 0 ? 0 : offset + 1).dropLast(4))
            return [inner, inner.replacing("+", with: "-").replacing("/", with: "_")]
        }
        disguises = ([secret, hex, hex.uppercased()] + base64).map { Data($0.utf8) }
    }

    /// Whether it stands in these bytes, in any disguise.
    func isIn(_ content: Data) -> Bool {
        disguises.contains { content.range(of: $0) != nil }
    }

    /// The files below a folder in which it stands.
    func files(below folder: String) -> [String] {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            let path = "\(folder)/\(name)"
            let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            guard type == .typeRegular else { return isIn(Data(name.utf8)) }
            return isIn(Data(name.utf8)) || (FileManager.default.contents(atPath: path).map(isIn) ?? false)
        }.sorted()
    }

    /// The processes of this machine in whose arguments or environment it stands now.
    func processes() -> [String] {
        let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        return numbers.flatMap { pid in
            ["cmdline", "environ"].compactMap { kind in
                let content = FileManager.default.contents(atPath: "/proc/\(pid)/\(kind)") ?? Data()
                return isIn(content) ? "\(kind) of \(pid): \(String(decoding: content.prefix(200), as: UTF8.self))" : nil
            }
        }
    }
}

/// Looks for canaries in all processes again and again, until it is asked what it has seen.
actor ProcessWatch {
    private let canaries: [Canary]
    private var sightings: Set<String> = []
    private var rounds = 0
    private var watching: Task<Void, Never>?

    init(_ canaries: [Canary]) {
        self.canaries = canaries
    }

    func begin() {
        watching = Task {
            while !Task.isCancelled {
                look()
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// What was seen, and how often it was looked.
    func end() async -> (sightings: Set<String>, rounds: Int) {
        watching?.cancel()
        await watching?.value
        return (sightings, rounds)
    }

    private func look() {
        rounds += 1
        for canary in canaries { sightings.formUnion(canary.processes()) }
    }
}
