import Testing

@testable import RunnerKit

@Suite("Looking how much room an agent takes")
struct DiskWatchTests {
    @Test(
        "The nearer the limit, the sooner it is looked again",
        arguments: [
            (0, 10 << 30, 40_000), (0, 1 << 40, 60_000), (9 << 30, 10 << 30, 4_000), ((10 << 30) - 1, 10 << 30, 1_000),
            (11 << 30, 10 << 30, 1_000),
        ])
    func pace(size: Int, limit: Int, milliseconds: Int) {
        #expect(DiskWatch.wait(size: size, limit: limit) == .milliseconds(milliseconds))
    }
}
