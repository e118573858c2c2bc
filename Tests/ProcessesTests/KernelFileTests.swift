import Foundation
import Processes
import Testing

@Suite("Files of /proc")
struct KernelFileTests {
    @Test("One that is larger than a page is read whole")
    func large() throws {
        // Each page by itself, so that the kernel lists each.
        let size = 4_096
        let pages = try (0..<400).map { number in
            let address = mmap(nil, size, number % 2 == 0 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            return try #require(address == MAP_FAILED ? nil : address)
        }
        defer { for page in pages { munmap(page, size) } }
        let maps = try #require(KernelFile.text("/proc/self/maps"))
        #expect(maps.utf8.count > 8_192)
        // The stack is among the last.
        #expect(maps.contains("[stack]") && maps.hasSuffix("\n"))
    }

    @Test("One that is not there is told from an empty one")
    func missing() { #expect(KernelFile.text("/proc/self/no-such-file") == nil) }
}
