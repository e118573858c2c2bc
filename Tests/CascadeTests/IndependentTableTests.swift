import Cascade
import Testing

// An independent suite, written from the library's contract alone. The expected results of override mode stand
// below as a table to be read; nothing here repeats the way the library arrives at them.

/// The vocabulary of the table, the table itself, and the layers built from its rows.
enum IndependentTable {
    typealias Layers = [Layered<String, Int, Gone, Broken>]
    typealias Found = Outcome<String, Int, Gone, Broken>
    typealias Answer = Resolution<String, Int, Gone, Broken>
    typealias Verdict = Step<String, Gone, Broken>.Verdict
    typealias Finding = Step<String, Gone, Broken>.Finding

    /// A tombstone that remembers the position, counted from one, of the layer it lies in.
    struct Gone: Hashable, Sendable {
        let position: Int
    }

    /// A failure that remembers the position, counted from one, of the layer it happened in.
    struct Broken: Hashable, Sendable {
        let position: Int
    }

    enum Kind: String, CaseIterable, Sendable {
        case absent = "-"
        case active = "V"
        case inactive = "I"
        case failed = "F"
    }

    enum Mode: String, CaseIterable, Sendable {
        case block
        case inherit
        case force

        func policy(forcing value: Int = IndependentTable.forced) -> InactivePolicy<Int> {
            switch self {
            case .block: .block
            case .inherit: .inherit
            case .force: .force(value)
            }
        }
    }

    /// One line of the table: a state of the three layers and what each policy makes of it.
    struct Row: Sendable {
        let state: [Kind]
        let expected: [Mode: String]

        init?(_ line: Substring) {
            let words = line.split(separator: " ").map { String($0) }
            guard words.count == 12 else { return nil }
            guard [words[3], words[6], words[9]] == ["|", "|", "|"] else { return nil }
            guard [words[4], words[7], words[10]] == ["block:", "inherit:", "force:"] else { return nil }
            let kinds = words[0..<3].compactMap { Kind(rawValue: $0) }
            guard kinds.count == 3 else { return nil }
            state = kinds
            expected = [.block: words[5], .inherit: words[8], .force: words[11]]
        }
    }

    /// One cell of the table.
    struct Case: Sendable, CustomTestStringConvertible {
        let state: [Kind]
        let mode: Mode
        let word: String
        /// The position of the deciding layer, counted from one; zero if none decides.
        let position: Int

        init(state: [Kind], mode: Mode, cell: String) {
            let parts = cell.split(separator: "@").map { String($0) }
            self.state = state
            self.mode = mode
            word = parts.first ?? ""
            position = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
        }

        var testDescription: String {
            state.map(\.rawValue).joined(separator: " ") + " under " + mode.rawValue
        }

        var outcome: Found? {
            guard (1...3).contains(position) else {
                return word == "none" ? Found.absent : nil
            }
            let layer = IndependentTable.names[position - 1]
            switch word {
            case "value": return Found.found(IndependentTable.ownValues[position - 1], at: layer)
            case "forced": return Found.found(IndependentTable.forced, at: layer)
            case "blocked": return Found.blocked(at: layer, by: Gone(position: position))
            case "failed": return Found.failed(at: layer, why: Broken(position: position))
            default: return nil
            }
        }

        var decidingVerdict: Verdict? {
            switch word {
            case "value": return Verdict.decidedByValue
            case "forced": return Verdict.decidedByForcedValue
            case "blocked": return Verdict.decidedByTombstone
            case "failed": return Verdict.decidedByFailure
            default: return nil
            }
        }
    }

    /// Narrow to broad. The table speaks of the first three; the fourth is there to be added.
    static let names = ["project", "user", "platform", "machine"]

    /// What an active layer says, by position.
    static let ownValues = [10, 20, 30, 40]

    /// What the forcing policy says, unlike anything a layer says itself.
    static let forced = 99

    /// `-` absent, `V` active with a value, `I` inactive, `F` failed; the project first, then the user, then the
    /// platform. A result names the position of the layer that decided.
    static let table = """
        - - - | block: none      | inherit: none     | force: none
        - - V | block: value@3   | inherit: value@3  | force: value@3
        - - I | block: blocked@3 | inherit: none     | force: forced@3
        - - F | block: failed@3  | inherit: failed@3 | force: failed@3
        - V - | block: value@2   | inherit: value@2  | force: value@2
        - V V | block: value@2   | inherit: value@2  | force: value@2
        - V I | block: value@2   | inherit: value@2  | force: value@2
        - V F | block: value@2   | inherit: value@2  | force: value@2
        - I - | block: blocked@2 | inherit: none     | force: forced@2
        - I V | block: blocked@2 | inherit: value@3  | force: forced@2
        - I I | block: blocked@2 | inherit: none     | force: forced@2
        - I F | block: blocked@2 | inherit: failed@3 | force: forced@2
        - F - | block: failed@2  | inherit: failed@2 | force: failed@2
        - F V | block: failed@2  | inherit: failed@2 | force: failed@2
        - F I | block: failed@2  | inherit: failed@2 | force: failed@2
        - F F | block: failed@2  | inherit: failed@2 | force: failed@2
        V - - | block: value@1   | inherit: value@1  | force: value@1
        V - V | block: value@1   | inherit: value@1  | force: value@1
        V - I | block: value@1   | inherit: value@1  | force: value@1
        V - F | block: value@1   | inherit: value@1  | force: value@1
        V V - | block: value@1   | inherit: value@1  | force: value@1
        V V V | block: value@1   | inherit: value@1  | force: value@1
        V V I | block: value@1   | inherit: value@1  | force: value@1
        V V F | block: value@1   | inherit: value@1  | force: value@1
        V I - | block: value@1   | inherit: value@1  | force: value@1
        V I V | block: value@1   | inherit: value@1  | force: value@1
        V I I | block: value@1   | inherit: value@1  | force: value@1
        V I F | block: value@1   | inherit: value@1  | force: value@1
        V F - | block: value@1   | inherit: value@1  | force: value@1
        V F V | block: value@1   | inherit: value@1  | force: value@1
        V F I | block: value@1   | inherit: value@1  | force: value@1
        V F F | block: value@1   | inherit: value@1  | force: value@1
        I - - | block: blocked@1 | inherit: none     | force: forced@1
        I - V | block: blocked@1 | inherit: value@3  | force: forced@1
        I - I | block: blocked@1 | inherit: none     | force: forced@1
        I - F | block: blocked@1 | inherit: failed@3 | force: forced@1
        I V - | block: blocked@1 | inherit: value@2  | force: forced@1
        I V V | block: blocked@1 | inherit: value@2  | force: forced@1
        I V I | block: blocked@1 | inherit: value@2  | force: forced@1
        I V F | block: blocked@1 | inherit: value@2  | force: forced@1
        I I - | block: blocked@1 | inherit: none     | force: forced@1
        I I V | block: blocked@1 | inherit: value@3  | force: forced@1
        I I I | block: blocked@1 | inherit: none     | force: forced@1
        I I F | block: blocked@1 | inherit: failed@3 | force: forced@1
        I F - | block: blocked@1 | inherit: failed@2 | force: forced@1
        I F V | block: blocked@1 | inherit: failed@2 | force: forced@1
        I F I | block: blocked@1 | inherit: failed@2 | force: forced@1
        I F F | block: blocked@1 | inherit: failed@2 | force: forced@1
        F - - | block: failed@1  | inherit: failed@1 | force: failed@1
        F - V | block: failed@1  | inherit: failed@1 | force: failed@1
        F - I | block: failed@1  | inherit: failed@1 | force: failed@1
        F - F | block: failed@1  | inherit: failed@1 | force: failed@1
        F V - | block: failed@1  | inherit: failed@1 | force: failed@1
        F V V | block: failed@1  | inherit: failed@1 | force: failed@1
        F V I | block: failed@1  | inherit: failed@1 | force: failed@1
        F V F | block: failed@1  | inherit: failed@1 | force: failed@1
        F I - | block: failed@1  | inherit: failed@1 | force: failed@1
        F I V | block: failed@1  | inherit: failed@1 | force: failed@1
        F I I | block: failed@1  | inherit: failed@1 | force: failed@1
        F I F | block: failed@1  | inherit: failed@1 | force: failed@1
        F F - | block: failed@1  | inherit: failed@1 | force: failed@1
        F F V | block: failed@1  | inherit: failed@1 | force: failed@1
        F F I | block: failed@1  | inherit: failed@1 | force: failed@1
        F F F | block: failed@1  | inherit: failed@1 | force: failed@1
        """

    static let lines: [Substring] = table.split(separator: "\n")

    static let rows: [Row] = lines.compactMap { Row($0) }

    static let cases: [Case] = rows.flatMap { row in
        Mode.allCases.map { mode in
            Case(state: row.state, mode: mode, cell: row.expected[mode] ?? "")
        }
    }

    /// All states of three layers, made without the table.
    static let states: [[Kind]] = {
        var all: [[Kind]] = []
        for project in Kind.allCases {
            for user in Kind.allCases {
                for platform in Kind.allCases {
                    all.append([project, user, platform])
                }
            }
        }
        return all
    }()

    /// All ways for three layers to hold one of three small numbers each.
    static let triples: [[Int]] = {
        var all: [[Int]] = []
        for project in 1...3 {
            for user in 1...3 {
                for platform in 1...3 {
                    all.append([project, user, platform])
                }
            }
        }
        return all
    }()

    static func entry(_ kind: Kind, position: Int, value: Int) -> Entry<Int, Gone, Broken> {
        switch kind {
        case .absent: .absent
        case .active: .active(value)
        case .inactive: .inactive(Gone(position: position))
        case .failed: .failed(Broken(position: position))
        }
    }

    static func stack(_ state: [Kind], values: [Int] = ownValues) -> Layers {
        state.indices.map { index in
            Layered(names[index], entry(state[index], position: index + 1, value: values[index]))
        }
    }

    static func overriding(_ state: [Kind], _ mode: Mode) -> Answer {
        resolve(stack(state), inactive: mode.policy())
    }

    static func lowest(_ layers: Layers, _ policy: InactivePolicy<Int>) -> Answer {
        resolveCeiling(layers, inactive: policy) { min($0, $1) }
    }

    static func describe(_ finding: Finding) -> String {
        switch finding {
        case .absent: "absent"
        case .active: "active"
        case .inactive(let gone): "inactive at \(gone.position)"
        case .failed(let broken): "failed at \(broken.position)"
        }
    }

    static func expectedFindings(_ state: [Kind]) -> [String] {
        state.indices.map { index -> String in
            switch state[index] {
            case .absent: return "absent"
            case .active: return "active"
            case .inactive: return "inactive at \(index + 1)"
            case .failed: return "failed at \(index + 1)"
            }
        }
    }
}

@Suite("Override mode, by the table")
struct IndependentOverrideTableTests {
    @Test("the table holds all 64 states of three layers, each exactly once")
    func tableIsComplete() {
        let written = IndependentTable.rows.map(\.state)
        #expect(IndependentTable.lines.count == 64)
        #expect(written.count == 64)
        #expect(Set(written).count == 64)
        #expect(Set(written) == Set(IndependentTable.states))
        #expect(IndependentTable.cases.count == 192)
        for item in IndependentTable.cases {
            let outcome = item.outcome
            #expect(outcome != nil, "the cell for \(item.testDescription) cannot be read")
        }
    }

    @Test("the outcome is the one the table names", arguments: IndependentTable.cases)
    func outcomeIsAsWritten(_ item: IndependentTable.Case) throws {
        let expected = try #require(item.outcome)
        let outcome = IndependentTable.overriding(item.state, item.mode).outcome
        #expect(outcome == expected)
    }

    @Test("the outcome's value and layer are those the table names", arguments: IndependentTable.cases)
    func accessorsAreAsWritten(_ item: IndependentTable.Case) {
        let outcome = IndependentTable.overriding(item.state, item.mode).outcome
        let layer: String? = item.position == 0 ? nil : IndependentTable.names[item.position - 1]
        #expect(outcome.layer == layer)
        switch item.word {
        case "value": #expect(outcome.value == item.position * 10)
        case "forced": #expect(outcome.value == 99)
        default: #expect(outcome.value == nil)
        }
    }

    @Test("the trace has one step a layer, in the order given, with what was found there", arguments: IndependentTable.cases)
    func traceFollowsTheLayers(_ item: IndependentTable.Case) {
        let trace = IndependentTable.overriding(item.state, item.mode).trace
        let layers = trace.map(\.layer)
        let findings = trace.map { IndependentTable.describe($0.finding) }
        #expect(layers == ["project", "user", "platform"])
        #expect(findings == IndependentTable.expectedFindings(item.state))
    }

    @Test("the deciding step's verdict is of the outcome's kind, and no other step decides", arguments: IndependentTable.cases)
    func decidingStepFitsTheOutcome(_ item: IndependentTable.Case) throws {
        let verdicts = IndependentTable.overriding(item.state, item.mode).trace.map(\.verdict)
        let deciding: [IndependentTable.Verdict] = [
            .decidedByValue, .decidedByTombstone, .decidedByForcedValue, .decidedByFailure,
        ]
        let positions = verdicts.indices.filter { deciding.contains(verdicts[$0]) }.map { $0 + 1 }
        if item.position == 0 {
            #expect(positions.isEmpty)
        } else {
            let verdict = try #require(item.decidingVerdict)
            try #require(positions == [item.position])
            #expect(verdicts[item.position - 1] == verdict)
        }
    }

    @Test("exactly the steps after the deciding layer were not consulted", arguments: IndependentTable.cases)
    func onlyLaterLayersAreNotConsulted(_ item: IndependentTable.Case) {
        let verdicts = IndependentTable.overriding(item.state, item.mode).trace.map(\.verdict)
        let unconsulted = verdicts.indices.filter { verdicts[$0] == .notConsulted }.map { $0 + 1 }
        let later = [1, 2, 3].filter { item.position > 0 && $0 > item.position }
        #expect(unconsulted == later)
    }

    @Test("the steps before the deciding layer went on for the reason their finding gives", arguments: IndependentTable.cases)
    func earlierLayersWentOn(_ item: IndependentTable.Case) throws {
        let verdicts = IndependentTable.overriding(item.state, item.mode).trace.map(\.verdict)
        try #require(verdicts.count == 3)
        let earlier = item.position == 0 ? 3 : item.position - 1
        let reasons: [IndependentTable.Kind: IndependentTable.Verdict] = [
            .absent: .continuedBecauseAbsent, .inactive: .continuedBecauseInherited,
        ]
        for index in 0..<earlier {
            let reason = reasons[item.state[index]]
            #expect(verdicts[index] == reason)
        }
        let inherited = verdicts.contains(.continuedBecauseInherited)
        #expect(!inherited || item.mode == .inherit)
    }

    @Test("override mode never speaks of allowing or of the tightest", arguments: IndependentTable.cases)
    func ceilingVerdictsStayOut(_ item: IndependentTable.Case) {
        let verdicts = IndependentTable.overriding(item.state, item.mode).trace.map(\.verdict)
        let strays = verdicts.filter { $0 == .allowed || $0 == .tightest }
        #expect(strays.isEmpty)
    }

    @Test("a few traces, written out in full")
    func tracesInFull() {
        expect([.absent, .absent, .absent], .block, [.continuedBecauseAbsent, .continuedBecauseAbsent, .continuedBecauseAbsent])
        expect([.absent, .inactive, .active], .block, [.continuedBecauseAbsent, .decidedByTombstone, .notConsulted])
        expect([.inactive, .absent, .active], .inherit, [.continuedBecauseInherited, .continuedBecauseAbsent, .decidedByValue])
        expect([.inactive, .failed, .active], .inherit, [.continuedBecauseInherited, .decidedByFailure, .notConsulted])
        expect([.inactive, .inactive, .active], .inherit, [.continuedBecauseInherited, .continuedBecauseInherited, .decidedByValue])
        expect([.inactive, .failed, .inactive], .force, [.decidedByForcedValue, .notConsulted, .notConsulted])
        expect([.failed, .active, .inactive], .force, [.decidedByFailure, .notConsulted, .notConsulted])
    }

    private func expect(
        _ state: [IndependentTable.Kind],
        _ mode: IndependentTable.Mode,
        _ expected: [IndependentTable.Verdict],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let verdicts = IndependentTable.overriding(state, mode).trace.map(\.verdict)
        #expect(verdicts == expected, sourceLocation: sourceLocation)
    }
}

@Suite("Override mode, properties of all states")
struct IndependentOverridePropertyTests {
    @Test("no layers at all resolve to absent, with an empty trace", arguments: IndependentTable.Mode.allCases)
    func nothingIsAbsent(_ mode: IndependentTable.Mode) {
        let resolution = IndependentTable.overriding([], mode)
        #expect(resolution.outcome == IndependentTable.Found.absent)
        #expect(resolution.outcome.value == nil)
        #expect(resolution.outcome.layer == nil)
        #expect(resolution.trace.isEmpty)
    }

    @Test("blocking is the policy when none is named", arguments: IndependentTable.states)
    func blockingIsTheDefault(_ state: [IndependentTable.Kind]) {
        let unnamed = resolve(IndependentTable.stack(state)).outcome
        let named = resolve(IndependentTable.stack(state), inactive: .block).outcome
        #expect(unnamed == named)
    }

    @Test(
        "a broader layer never changes what was decided, and decides alone when nothing was",
        arguments: IndependentTable.states, IndependentTable.Mode.allCases)
    func broaderLayersDoNotOverrule(_ state: [IndependentTable.Kind], _ mode: IndependentTable.Mode) throws {
        let before = IndependentTable.overriding(state, mode)
        for kind in IndependentTable.Kind.allCases {
            let layers = IndependentTable.stack(state + [kind])
            let after = resolve(layers, inactive: mode.policy())
            let earlierVerdicts = after.trace.prefix(3).map(\.verdict)
            #expect(earlierVerdicts == before.trace.map(\.verdict))
            let added = try #require(after.trace.last)
            if before.outcome == IndependentTable.Found.absent {
                let alone = resolve(Array(layers.suffix(1)), inactive: mode.policy())
                #expect(after.outcome == alone.outcome)
                #expect(added.verdict != .notConsulted)
            } else {
                #expect(after.outcome == before.outcome)
                #expect(added.verdict == .notConsulted)
            }
        }
    }

    @Test(
        "turning any layer off and putting it back restores the outcome",
        arguments: IndependentTable.states, IndependentTable.Mode.allCases)
    func turningOffAndBackRestores(_ state: [IndependentTable.Kind], _ mode: IndependentTable.Mode) throws {
        let original = IndependentTable.stack(state)
        let before = resolve(original, inactive: mode.policy())
        for index in state.indices {
            var layers = original
            layers[index].entry = .inactive(IndependentTable.Gone(position: index + 1))
            let off = resolve(layers, inactive: mode.policy())
            try #require(off.trace.count == 3)
            let finding = IndependentTable.describe(off.trace[index].finding)
            #expect(finding == "inactive at \(index + 1)")

            layers[index].entry = original[index].entry
            let after = resolve(layers, inactive: mode.policy())
            #expect(layers == original)
            #expect(after.outcome == before.outcome)
            #expect(after.trace.map(\.verdict) == before.trace.map(\.verdict))
        }
    }

    @Test(
        "a narrower tombstone acts by the policy alone, and removing it restores the outcome",
        arguments: IndependentTable.states, IndependentTable.Mode.allCases)
    func narrowerTombstoneComesAndGoes(_ state: [IndependentTable.Kind], _ mode: IndependentTable.Mode) {
        let original = IndependentTable.stack(state)
        let before = resolve(original, inactive: mode.policy()).outcome
        let tombstone = IndependentTable.Gone(position: 0)

        var layers = original
        layers.insert(Layered("draft", .inactive(tombstone)), at: 0)
        let off = resolve(layers, inactive: mode.policy()).outcome
        switch mode {
        case .block: #expect(off == IndependentTable.Found.blocked(at: "draft", by: tombstone))
        case .inherit: #expect(off == before)
        case .force: #expect(off == IndependentTable.Found.found(99, at: "draft"))
        }

        layers[0].entry = .absent
        let removed = resolve(layers, inactive: mode.policy()).outcome
        #expect(removed == before)
    }

    @Test("under blocking only an absent layer lets the next one be asked", arguments: IndependentTable.states)
    func onlyAbsenceGoesOnUnderBlocking(_ state: [IndependentTable.Kind]) throws {
        let resolution = resolve(IndependentTable.stack(state), inactive: .block)
        try #require(resolution.trace.count == 3)
        for index in state.indices {
            let consulted = resolution.trace[index].verdict != .notConsulted
            let narrowerAreAbsent = state.prefix(index).allSatisfy { $0 == .absent }
            #expect(consulted == narrowerAreAbsent)
        }
        let isAbsent = resolution.outcome == IndependentTable.Found.absent
        let allAreAbsent = state.allSatisfy { $0 == .absent }
        #expect(isAbsent == allAreAbsent)
    }

    @Test("under inheriting an inactive layer counts as an absent one", arguments: IndependentTable.states)
    func inheritingEqualsAbsence(_ state: [IndependentTable.Kind]) {
        let silent = state.map { $0 == .inactive ? IndependentTable.Kind.absent : $0 }
        let outcome = IndependentTable.overriding(state, .inherit).outcome
        let expected = IndependentTable.overriding(silent, .inherit).outcome
        #expect(outcome == expected)
    }

    @Test("under forcing an inactive layer counts as an active one with the forced value", arguments: IndependentTable.states)
    func forcingEqualsSaying(_ state: [IndependentTable.Kind]) {
        var saying = IndependentTable.stack(state)
        for index in state.indices where state[index] == .inactive {
            saying[index].entry = .active(99)
        }
        let outcome = IndependentTable.overriding(state, .force).outcome
        let expected = resolve(saying, inactive: .block).outcome
        #expect(outcome == expected)
    }
}

/// What ceiling mode should make of a state when the smaller number is the tighter one.
struct IndependentCeilingOracle {
    let state: [IndependentTable.Kind]
    let mode: IndependentTable.Mode
    let values: [Int]
    let forced: Int

    var refusing: [Int] {
        state.indices.filter { state[$0] == .failed || (state[$0] == .inactive && mode == .block) }
    }

    var contributing: [Int] {
        state.indices.filter { state[$0] == .active || (state[$0] == .inactive && mode == .force) }
    }

    func value(_ index: Int) -> Int {
        state[index] == .active ? values[index] : forced
    }

    var smallest: Int? {
        contributing.map { value($0) }.min()
    }

    /// The narrowest layer with the smallest number: no broader one can make it smaller still.
    var tightest: Int? {
        contributing.first { value($0) == smallest }
    }

    var outcome: IndependentTable.Found {
        if let index = refusing.first {
            let layer = IndependentTable.names[index]
            if state[index] == .failed {
                return .failed(at: layer, why: IndependentTable.Broken(position: index + 1))
            }
            return .blocked(at: layer, by: IndependentTable.Gone(position: index + 1))
        }
        guard let least = smallest, let index = tightest else { return .absent }
        return .found(least, at: IndependentTable.names[index])
    }

    func verdict(_ index: Int) -> IndependentTable.Verdict {
        if contributing.contains(index) {
            return refusing.isEmpty && index == tightest ? .tightest : .allowed
        }
        if refusing.contains(index) {
            return state[index] == .failed ? .decidedByFailure : .decidedByTombstone
        }
        return state[index] == .absent ? .continuedBecauseAbsent : .continuedBecauseInherited
    }
}

@Suite("Ceiling mode, all states against an oracle")
struct IndependentCeilingOracleTests {
    @Test(
        "the smallest number applies if no layer refuses, and every layer's verdict says its part",
        arguments: IndependentTable.states, IndependentTable.Mode.allCases)
    func agreesWithTheOracle(_ state: [IndependentTable.Kind], _ mode: IndependentTable.Mode) {
        let forcedValues = mode == .force ? [0, 2, 4] : [0]
        for values in IndependentTable.triples {
            for forced in forcedValues {
                let oracle = IndependentCeilingOracle(state: state, mode: mode, values: values, forced: forced)
                let layers = IndependentTable.stack(state, values: values)
                let resolution = IndependentTable.lowest(layers, mode.policy(forcing: forced))
                let verdicts = resolution.trace.map(\.verdict)
                let expectedVerdicts = state.indices.map { oracle.verdict($0) }
                #expect(resolution.outcome == oracle.outcome, "values \(values), forced \(forced)")
                #expect(verdicts == expectedVerdicts, "values \(values), forced \(forced)")
            }
        }
    }

    @Test(
        "the trace has one step a layer, and every layer is consulted",
        arguments: IndependentTable.states, IndependentTable.Mode.allCases)
    func traceFollowsTheLayers(_ state: [IndependentTable.Kind], _ mode: IndependentTable.Mode) {
        let trace = IndependentTable.lowest(IndependentTable.stack(state), mode.policy()).trace
        let layers = trace.map(\.layer)
        let findings = trace.map { IndependentTable.describe($0.finding) }
        let verdicts = trace.map(\.verdict)
        #expect(layers == ["project", "user", "platform"])
        #expect(findings == IndependentTable.expectedFindings(state))
        let strays = verdicts.filter { $0 == .notConsulted || $0 == .decidedByValue || $0 == .decidedByForcedValue }
        #expect(strays.isEmpty)
    }

    @Test(
        "a broader layer never loosens, and never takes the name of a narrower refusal",
        arguments: IndependentTable.states, IndependentTable.Mode.allCases)
    func broaderLayersOnlyTighten(_ state: [IndependentTable.Kind], _ mode: IndependentTable.Mode) {
        for broadest in [5, 25, 95] {
            for kind in IndependentTable.Kind.allCases {
                let layers = IndependentTable.stack(state + [kind], values: [10, 20, 30, broadest])
                let before = IndependentTable.lowest(Array(layers.prefix(3)), mode.policy()).outcome
                let after = IndependentTable.lowest(layers, mode.policy()).outcome
                switch before {
                case .found(let value, _):
                    let loosened = after.value.map { $0 > value } ?? false
                    #expect(!loosened)
                    #expect(after != IndependentTable.Found.absent)
                case .blocked, .failed:
                    #expect(after == before)
                case .absent:
                    let alone = IndependentTable.lowest(Array(layers.suffix(1)), mode.policy()).outcome
                    #expect(after == alone)
                }
            }
        }
    }

    @Test("no layers at all resolve to absent, with an empty trace", arguments: IndependentTable.Mode.allCases)
    func nothingIsAbsent(_ mode: IndependentTable.Mode) {
        let resolution = IndependentTable.lowest([], mode.policy())
        #expect(resolution.outcome == IndependentTable.Found.absent)
        #expect(resolution.trace.isEmpty)
    }

    @Test("blocking is the policy when none is named", arguments: IndependentTable.states)
    func blockingIsTheDefault(_ state: [IndependentTable.Kind]) {
        let layers = IndependentTable.stack(state)
        let unnamed = resolveCeiling(layers) { min($0, $1) }
        let named = IndependentTable.lowest(layers, .block)
        #expect(unnamed.outcome == named.outcome)
    }
}

@Suite("Ceiling mode, cases written by hand")
struct IndependentCeilingHandWrittenTests {
    @Test("among equals the narrowest is the tightest")
    func tiesGoToTheNarrowest() {
        let allEqual = resolveCeiling(numbers(.active(3), .active(3), .active(3))) { min($0, $1) }
        verify(allEqual, gives: .found(3, at: "project"), by: [.tightest, .allowed, .allowed])

        let broadTie = resolveCeiling(numbers(.active(5), .active(3), .active(3))) { min($0, $1) }
        verify(broadTie, gives: .found(3, at: "user"), by: [.allowed, .tightest, .allowed])

        let outerTie = resolveCeiling(numbers(.active(3), .active(5), .active(3))) { min($0, $1) }
        verify(outerTie, gives: .found(3, at: "project"), by: [.tightest, .allowed, .allowed])

        let tieBehindSilence = resolveCeiling(numbers(.absent, .active(3), .active(3))) { min($0, $1) }
        verify(tieBehindSilence, gives: .found(3, at: "user"), by: [.continuedBecauseAbsent, .tightest, .allowed])
    }

    @Test("the last layer to change the value is the tightest, not the first")
    func lastChangeIsNamed() {
        let everyStep = resolveCeiling(numbers(.active(3), .active(2), .active(1))) { min($0, $1) }
        verify(everyStep, gives: .found(1, at: "platform"), by: [.allowed, .allowed, .tightest])

        let thereAndBack = resolveCeiling(numbers(.active(1), .active(2), .active(1))) { _, broad in broad }
        verify(thereAndBack, gives: .found(1, at: "platform"), by: [.allowed, .allowed, .tightest])

        let changedOnce = resolveCeiling(numbers(.active(1), .active(2), .active(2))) { _, broad in broad }
        verify(changedOnce, gives: .found(2, at: "user"), by: [.allowed, .tightest, .allowed])
    }

    @Test("a forced value ties and tightens like any other")
    func forcedValuesTakePart() {
        let tie = resolveCeiling(numbers(.active(3), .inactive("off"), .active(4)), inactive: .force(3)) { min($0, $1) }
        verify(tie, gives: .found(3, at: "project"), by: [.tightest, .allowed, .allowed])

        let tighter = resolveCeiling(numbers(.active(3), .inactive("off"), .active(1)), inactive: .force(1)) { min($0, $1) }
        verify(tighter, gives: .found(1, at: "user"), by: [.allowed, .tightest, .allowed])

        let alone = resolveCeiling(numbers(.absent, .inactive("off"), .absent), inactive: .force(7)) { min($0, $1) }
        verify(alone, gives: .found(7, at: "user"), by: [.continuedBecauseAbsent, .tightest, .continuedBecauseAbsent])
    }

    @Test("values are folded from narrow to broad, each exactly once")
    func foldsFromNarrowToBroad() {
        let all = resolveCeiling(texts(.active("a"), .active("b"), .active("c"))) { $0 + $1 }
        verify(all, gives: .found("abc", at: "platform"), by: [.allowed, .allowed, .tightest])

        let around = resolveCeiling(texts(.active("a"), .absent, .active("c"))) { $0 + $1 }
        verify(around, gives: .found("ac", at: "platform"), by: [.allowed, .continuedBecauseAbsent, .tightest])
    }

    @Test("a single voice is taken as it is")
    func singleVoiceIsNotTightened() {
        let single = resolveCeiling(numbers(.absent, .active(7), .inactive("off")), inactive: .inherit) { _, _ in 0 }
        verify(single, gives: .found(7, at: "user"), by: [.continuedBecauseAbsent, .tightest, .continuedBecauseInherited])
    }

    @Test("the narrowest of several refusals is named, and all of them are in the trace")
    func narrowestRefusalIsNamed() {
        let failedFirst = resolveCeiling(numbers(.failed("unreadable"), .inactive("off"), .active(1))) { min($0, $1) }
        verify(
            failedFirst, gives: .failed(at: "project", why: "unreadable"),
            by: [.decidedByFailure, .decidedByTombstone, .allowed])

        let blockedFirst = resolveCeiling(numbers(.active(1), .inactive("off"), .failed("unreadable"))) { min($0, $1) }
        verify(
            blockedFirst, gives: .blocked(at: "user", by: "off"),
            by: [.allowed, .decidedByTombstone, .decidedByFailure])

        let twoTombstones = resolveCeiling(numbers(.inactive("first"), .absent, .inactive("second"))) { min($0, $1) }
        verify(
            twoTombstones, gives: .blocked(at: "project", by: "first"),
            by: [.decidedByTombstone, .continuedBecauseAbsent, .decidedByTombstone])
    }

    @Test("a failure refuses even where a tombstone would not")
    func failureRefusesUnderEveryPolicy() {
        let layers = numbers(.active(1), .inactive("off"), .failed("unreadable"))

        let inherited = resolveCeiling(layers, inactive: .inherit) { min($0, $1) }
        verify(
            inherited, gives: .failed(at: "platform", why: "unreadable"),
            by: [.allowed, .continuedBecauseInherited, .decidedByFailure])

        let forced = resolveCeiling(layers, inactive: .force(0)) { min($0, $1) }
        verify(
            forced, gives: .failed(at: "platform", why: "unreadable"),
            by: [.allowed, .allowed, .decidedByFailure])
    }

    @Test("a switch is on only if every layer that speaks has it on")
    func switchNeedsEveryone() {
        let allOn = resolveCeiling(switches(.active(true), .active(true), .active(true))) { $0 && $1 }
        verify(allOn, gives: .found(true, at: "project"), by: [.tightest, .allowed, .allowed])

        let vetoed = resolveCeiling(switches(.active(true), .active(true), .active(false))) { $0 && $1 }
        verify(vetoed, gives: .found(false, at: "platform"), by: [.allowed, .allowed, .tightest])

        let vetoedTwice = resolveCeiling(switches(.active(true), .active(false), .active(false))) { $0 && $1 }
        verify(vetoedTwice, gives: .found(false, at: "user"), by: [.allowed, .tightest, .allowed])

        let declined = resolveCeiling(switches(.active(false), .active(true), .active(true))) { $0 && $1 }
        verify(declined, gives: .found(false, at: "project"), by: [.tightest, .allowed, .allowed])

        let silent = resolveCeiling(switches(.absent, .absent, .absent)) { $0 && $1 }
        verify(
            silent, gives: .absent,
            by: [.continuedBecauseAbsent, .continuedBecauseAbsent, .continuedBecauseAbsent])
    }

    @Test("a switch turned off counts as off when off is what the policy forces")
    func forcedSwitch() {
        let layers = switches(.active(true), .inactive("off"), .absent)

        let forced = resolveCeiling(layers, inactive: .force(false)) { $0 && $1 }
        verify(forced, gives: .found(false, at: "user"), by: [.allowed, .tightest, .continuedBecauseAbsent])

        let inherited = resolveCeiling(layers, inactive: .inherit) { $0 && $1 }
        verify(
            inherited, gives: .found(true, at: "project"),
            by: [.tightest, .continuedBecauseInherited, .continuedBecauseAbsent])

        let blocked = resolveCeiling(layers, inactive: .block) { $0 && $1 }
        verify(
            blocked, gives: .blocked(at: "user", by: "off"),
            by: [.allowed, .decidedByTombstone, .continuedBecauseAbsent])
    }

    @Test("sets are cut down to what all layers share")
    func setsIntersect() {
        let shared = resolveCeiling(sets(.active(["a", "b", "c"]), .active(["b", "c", "d"]), .active(["a", "b", "c", "d"]))) {
            $0.intersection($1)
        }
        verify(shared, gives: .found(["b", "c"], at: "user"), by: [.allowed, .tightest, .allowed])

        let unchanged = resolveCeiling(sets(.active(["a"]), .absent, .active(["a", "b"]))) { $0.intersection($1) }
        verify(unchanged, gives: .found(["a"], at: "project"), by: [.tightest, .continuedBecauseAbsent, .allowed])
    }

    @Test("an empty intersection is a value, not an absence or a refusal")
    func emptyIntersectionIsFound() {
        let disjoint = resolveCeiling(sets(.active(["a"]), .active(["b"]), .active(["a", "b"]))) { $0.intersection($1) }
        verify(disjoint, gives: .found([], at: "user"), by: [.allowed, .tightest, .allowed])
    }

    @Test("a list keeps the narrowest layer's order when cut down with a set")
    func listsKeepTheirOrder() {
        func cut(_ layers: [Layered<String, [String], String, String>]) -> Resolution<String, [String], String, String> {
            resolveCeiling(layers) { narrow, broad in
                let permitted = Set(broad)
                return narrow.filter { permitted.contains($0) }
            }
        }

        let reordered = cut(lists(.active(["c", "a", "b"]), .active(["a", "b", "c"]), .active(["b", "c", "a"])))
        verify(reordered, gives: .found(["c", "a", "b"], at: "project"), by: [.tightest, .allowed, .allowed])

        let narrowed = cut(lists(.active(["c", "a", "b"]), .active(["a", "b", "c"]), .active(["a", "c"])))
        verify(narrowed, gives: .found(["c", "a"], at: "platform"), by: [.allowed, .allowed, .tightest])
    }

    private func stack<Value>(_ entries: [Entry<Value, String, String>]) -> [Layered<String, Value, String, String>] {
        entries.indices.map { Layered(IndependentTable.names[$0], entries[$0]) }
    }

    private func numbers(_ entries: Entry<Int, String, String>...) -> [Layered<String, Int, String, String>] {
        stack(entries)
    }

    private func switches(_ entries: Entry<Bool, String, String>...) -> [Layered<String, Bool, String, String>] {
        stack(entries)
    }

    private func texts(_ entries: Entry<String, String, String>...) -> [Layered<String, String, String, String>] {
        stack(entries)
    }

    private func sets(_ entries: Entry<Set<String>, String, String>...) -> [Layered<String, Set<String>, String, String>] {
        stack(entries)
    }

    private func lists(_ entries: Entry<[String], String, String>...) -> [Layered<String, [String], String, String>] {
        stack(entries)
    }

    private func verify<Value: Equatable>(
        _ resolution: Resolution<String, Value, String, String>,
        gives outcome: Outcome<String, Value, String, String>,
        by expectedVerdicts: [Step<String, String, String>.Verdict],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let verdicts = resolution.trace.map(\.verdict)
        #expect(resolution.outcome == outcome, sourceLocation: sourceLocation)
        #expect(verdicts == expectedVerdicts, sourceLocation: sourceLocation)
    }
}
