import Foundation
import Testing

@testable import Sandbox

@Suite("Looking how much room an agent takes")
struct DiskWatchTests {
    @Test(
        "The nearer the limit, the sooner it is looked again",
        arguments: [
            (0, 10 << 30, 40_000), (0, 1 << 40, 60_000), (0, Int.max, 60_000), (9 << 30, 10 << 30, 4_000),
            ((10 << 30) - 1, 10 << 30, 1_000), (11 << 30, 10 << 30, 1_000),
        ])
    func pace(size: Int, limit: Int, milliseconds: Int) {
        #expect(DiskWatch.wait(size: size, limit: limit) == .milliseconds(milliseconds))
    }

    @Test(
        "Files beyond a limit count by their bytes, and by their number when they are empty; as many within it are left alone",
        arguments: [
            (300, 0, .entries), (200, 0, nil), (200, 4_096, nil), (200, 8_192, .bytes), (3, 1 << 20, .bytes),
        ] as [(Int, Int, DiskWatch.Excess?)])
    func files(count: Int, size: Int, excess: DiskWatch.Excess?) async throws {
        let folder = NSTemporaryDirectory() + "watch-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for number in 0..<count { try Data(repeating: 1, count: size).write(to: URL(filePath: "\(folder)/\(number)")) }
        let watch = DiskWatch(folders: [folder], limit: 1 << 20)
        let use = try #require(await watch.use())
        #expect(use.entries == count + 1)
        #expect(use.excess(over: 1 << 20) == excess, "\(use)")
        if excess != nil { #expect(await watch.excess() == excess) }
    }

    @Test("Hard links to one file count once")
    func hardLinks() async throws {
        let folder = NSTemporaryDirectory() + "watch-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(repeating: 1, count: 512 << 10).write(to: URL(filePath: folder + "/file"))
        for number in 0..<10 { try FileManager.default.linkItem(atPath: folder + "/file", toPath: "\(folder)/\(number)") }
        let use = try #require(await DiskWatch(folders: [folder], limit: 1 << 20).use())
        #expect(use.entries == 2 && use.excess(over: 1 << 20) == nil, "\(use)")
    }
}
