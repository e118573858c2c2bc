import Accounts
import NIOCore
import Testing

@testable import Gateway

@Suite("Rates")
struct RateLimiterTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let everybody = Rate(owner: .platform, requestsPerMinute: 60)
    private let kim = Rate(owner: .user(UserID(rawValue: "u_kim")), requestsPerMinute: 2)

    @Test("A minute's requests may come at once; after that they come evenly")
    func burst() {
        let limiter = RateLimiter()
        for _ in 0..<60 { #expect(limiter.take([everybody], at: start) == nil) }
        #expect(limiter.take([everybody], at: start)?.wait == .seconds(1))
        #expect(limiter.take([everybody], at: start + .milliseconds(400))?.wait == .milliseconds(600))
        #expect(limiter.take([everybody], at: start + .seconds(1)) == nil)
        #expect(limiter.take([everybody], at: start + .seconds(1)) != nil)
        // After a minute of silence there is a minute's worth again, and no more.
        for _ in 0..<60 { #expect(limiter.take([everybody], at: start + .minutes(5)) == nil) }
        #expect(limiter.take([everybody], at: start + .minutes(5)) != nil)
    }

    @Test("All layers must hold; the tightest one says why, and a request that is refused counts nowhere")
    func layers() {
        let limiter = RateLimiter()
        for _ in 0..<2 { #expect(limiter.take([kim, everybody], at: start) == nil) }
        for _ in 0..<100 { #expect(limiter.take([kim, everybody], at: start)?.rate == kim) }
        for _ in 0..<58 { #expect(limiter.take([everybody], at: start) == nil) }
        #expect(limiter.take([everybody], at: start)?.rate == everybody)
    }

    @Test("Without a rate nothing is counted")
    func none() {
        let limiter = RateLimiter()
        for _ in 0..<10_000 { #expect(limiter.take([], at: start) == nil) }
    }
}
