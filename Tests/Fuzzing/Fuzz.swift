import Foundation
import Testing

/// Gives a parser inputs that it does not expect: so many, or for `SAM_FUZZ_SECONDS`. `SAM_FUZZ_SEED` makes it the same ones again.
///
/// - Parameters:
///   - inputs: how many, where nobody asked for a time.
///   - judge: looks at what the parser makes of an input, and returns what is wrong with that.
public func fuzz(
    _ corpus: [[UInt8]], words: [String], inputs: Int, sourceLocation: SourceLocation = #_sourceLocation,
    _ judge: (_ input: [UInt8], _ mutator: inout Mutator) async throws -> String?
) async {
    let environment = ProcessInfo.processInfo.environment
    let time = environment["SAM_FUZZ_SECONDS"].flatMap(Int.init).map(Duration.seconds)
    // Without a time the inputs are the same in every run: a test that fails fails again.
    let seed = environment["SAM_FUZZ_SEED"].flatMap(UInt64.init) ?? (time == nil ? 1 : .random(in: 1 ... .max))
    var mutator = Mutator(corpus: corpus, words: words, seed: seed)
    let start = ContinuousClock.now
    var count = 0
    while time.map({ ContinuousClock.now - start < $0 }) ?? (count < inputs) {
        let input = mutator.next()
        count += 1
        let complaint: String?
        do {
            complaint = try await judge(input, &mutator)
        } catch {
            complaint = "\(error)"
        }
        if let complaint {
            Issue.record(
                "Input \(count) of SAM_FUZZ_SEED=\(seed): \(complaint)\n\(Data(input).base64EncodedString())",
                sourceLocation: sourceLocation)
            return
        }
    }
    if time != nil { print("\(count) inputs of SAM_FUZZ_SEED=\(seed)") }
}
