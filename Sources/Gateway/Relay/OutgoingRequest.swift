import Limits
import Metering
import NIOCore
import NIOHTTP1

/// A request on its way to the provider: its head, and the part of its body that is kept until it can be sent, and while it may have to be
/// sent again.
///
/// It performs no I/O. A body that is only forwarded is not copied.
struct OutgoingRequest {
    /// The head as the client sent it.
    let head: HTTPRequestHead
    private(set) var trailers: HTTPHeaders?
    private(set) var isComplete = false
    /// Whether all of it is read before any of it is sent.
    var isHeld = false
    private var isAmended = false

    private var kept = HeldBody()
    /// The memory held for the body, once the lease is known.
    private var hold: Hold?
    /// The body that was sent on a reused connection, while it may have to be sent again.
    private var replay: HeldBody?
    /// Whether the kernel has taken the kept body.
    private var isHandedOver = false

    /// The maximum size of a held request in bytes, for a budget or to change it.
    static let heldLimit = 96 << 20
    /// The maximum that is buffered during lease lookup and connecting, in bytes; beyond it, reading is paused.
    private static let keptLimit = 64 << 10
    /// The maximum size of a body that is kept for a resend, in bytes.
    static let replayLimit = 1 << 20
    /// How long it is kept. A connection that the provider had already closed shows this within a round trip.
    private static let replaySpan = TimeAmount.seconds(5)

    init(_ head: HTTPRequestHead) { self.head = head }

    // MARK: - From the client

    /// Sets the memory that the body takes.
    ///
    /// - Returns: whether there is room for what is kept already.
    mutating func hold(in hold: Hold) -> Bool {
        self.hold = hold
        return hold.add(kept.count)
    }

    /// What becomes of bytes that can't be sent yet.
    enum Keeping {
        case kept
        /// They are kept, but no more should be read.
        case enough
        case tooLarge
        case noMemory
    }

    /// Keeps bytes that can't be sent yet.
    ///
    /// - Parameter isHolding: whether the rest of the request is awaited.
    mutating func keep(_ bytes: ByteBuffer, isHolding: Bool) -> Keeping {
        if isHolding, kept.count + bytes.readableBytes > Self.heldLimit { return .tooLarge }
        // While connecting, the client is paused instead; little can arrive before that.
        if hold?.add(bytes.readableBytes) == false, isHolding { return .noMemory }
        kept.append(bytes)
        return !isHolding && kept.count > Self.keptLimit ? .enough : .kept
    }

    mutating func end(_ trailers: HTTPHeaders?) {
        self.trailers = trailers
        isComplete = true
    }

    // MARK: - To the provider

    /// Makes the only change to a body: asks for usage.
    ///
    /// - Returns: whether it changed now.
    mutating func amend(_ amendment: RequestFacts.Amendment) -> Bool {
        guard !isAmended else { return false }
        kept.replace(amendment.range, with: Array(amendment.bytes))
        isAmended = true
        return true
    }

    /// The head for a provider.
    func head(for grant: Grant, _ route: ProviderRoute, _ credentials: [(name: String, value: String)]) -> HTTPRequestHead {
        var framing = HeaderRules.framing(of: head.headers)
        if isHeld, framing != .none || kept.count > 0 { framing = .length(kept.count) }
        return HeaderRules.upstream(
            isHeld ? head.withoutExpectation : head, uri: grant.endpoint.basePath + route.target.withoutKey,
            host: grant.endpoint.address.hostHeader, credentials: credentials, framing: framing, isAmended: isAmended,
            keepsKeys: grant.passesOwnKey)
    }

    /// Takes the kept body to send it.
    ///
    /// - Parameter mayBeLost: whether it may have to be sent again.
    mutating func takeBody(mayBeLost: Bool) -> [ByteBuffer] {
        let blocks = kept.blocks
        replay = mayBeLost && kept.count <= Self.replayLimit ? kept : nil
        kept.clear()
        isHandedOver = false
        return blocks
    }

    /// Releases the held memory when the kernel has taken the body, unless the body may have to be sent again.
    mutating func handedOver() {
        isHandedOver = true
        if replay == nil { hold?.end() }
    }

    /// Keeps a copy of bytes that are forwarded, while the body may have to be sent again.
    mutating func forwarded(_ bytes: ByteBuffer) {
        guard let count = replay?.count else { return }
        guard count + bytes.readableBytes <= Self.replayLimit, hold?.add(bytes.readableBytes) == true else { return dropReplay() }
        replay?.append(bytes)
    }

    /// Drops the sent body: the provider has it.
    mutating func dropReplay() {
        guard replay != nil else { return }
        replay = nil
        if isHandedOver { hold?.end() }
    }

    /// Drops the sent body when the connection has shown for long enough that it lives.
    mutating func age(_ time: TimeAmount) {
        if replay != nil, time > Self.replaySpan { dropReplay() }
    }

    // MARK: - Without an answer

    /// Takes the sent body, if it is still there.
    mutating func takeReplay() -> HeldBody? {
        defer { replay = nil }
        return replay
    }

    /// Keeps a body that did not arrive, to send it again.
    mutating func restore(_ body: HeldBody) { kept = body }

    /// Whether the provider may get the request twice.
    var changesNothing: Bool { [.GET, .HEAD, .OPTIONS].contains(head.method) }

    /// Drops what can't be sent any more, and releases its memory.
    mutating func drop() {
        kept.clear()
        hold?.end()
    }

    /// Drops everything that is kept.
    mutating func finish() {
        replay = nil
        drop()
    }
}

extension HTTPRequestHead {
    /// The head without `Expect`, which SAM answers itself.
    fileprivate var withoutExpectation: HTTPRequestHead {
        var head = self
        head.headers.remove(name: "expect")
        return head
    }
}
