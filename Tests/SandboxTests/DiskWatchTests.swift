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

@Suite("What du lists")
struct DiskListingTests {
    @Test(
        "The total and the number of files come out of it, whatever the names are and wherever it is cut",
        arguments: [
            ("4096\t/w\0" + "8192\ttotal\0", 8_192, 1),
            ("0\t/w/1\t2\n3\0" + "512\t/w/9 total\0" + "4096\t/w\0" + "4608\ttotal\0", 4_608, 3),
        ])
    func total(text: String, bytes: Int, entries: Int) {
        let all = Array(text.utf8)
        for cut in 0...all.count {
            var listing = DiskListing()
            listing.read(Array(all[..<cut]))
            listing.read(Array(all[cut...]))
            #expect(listing.use == DiskWatch.Use(bytes: bytes, entries: entries), "cut at \(cut)")
        }
    }

    @Test("Without a whole record there is no answer, and a huge number does not overflow")
    func odd() {
        var listing = DiskListing()
        #expect(listing.use == nil)
        listing.read(Array("4096\t/w".utf8))
        #expect(listing.use == nil)
        listing.read(Array(("\0" + String(repeating: "9", count: 40) + "\ttotal\0").utf8))
        #expect(listing.use?.bytes == 1 << 55)
    }
}
