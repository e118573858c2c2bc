/// Why a statement failed at PostgreSQL, classified by what to do next.
enum PostgresFailure: Sendable, Hashable {
    /// The connection is lost.
    case lost
    /// The transaction must be run again: it conflicted with another, or a cached plan was out of date.
    case again
    /// Running it again would fail the same way.
    case final

    /// Classifies an SQLSTATE (https://www.postgresql.org/docs/15/errcodes-appendix.html); `nil` if the server sent none.
    init(state: String?) {
        switch state {
        // No state: libpq lost the connection. The others: the server shut down, is starting, or ended an idle transaction.
        case nil, "57P01", "57P02", "57P03", "25P03": self = .lost
        case let state? where state.hasPrefix("08"): self = .lost
        // Serialization failure, deadlock, lock not available, outdated cached plan.
        case "40001", "40P01", "55P03", "0A000": self = .again
        default: self = .final
        }
    }
}

/// The phase in which a transaction failed.
enum PostgresPhase: Sendable {
    case beginning
    case running
    /// COMMIT was sent.
    case committing
}

extension PostgresFailure {
    /// The most attempts of a transaction, including the first.
    static let limit = 5

    /// Decides what to do about a failed transaction. Pure.
    ///
    /// - Parameters:
    ///   - phase: the phase in which it failed.
    ///   - attempt: the number of attempts, including this one.
    func next(_ phase: PostgresPhase, attempt: Int, isReading: Bool) -> Next {
        switch (self, phase) {
        // The server may have committed before the connection broke; running the closure again could apply it twice.
        case (.lost, .committing) where !isReading: .unknownOutcome
        case (.lost, _), (.again, _): attempt < Self.limit ? .again : .fail
        case (.final, _): .fail
        }
    }

    /// What to do next.
    enum Next: Sendable, Hashable {
        case again
        case fail
        case unknownOutcome
    }
}

extension StoreError {
    /// Creates an error from PostgreSQL's. Messages of class 22 quote the value that does not fit, so they are replaced.
    init(state: String?, message: String, statement: String) {
        let code: Code =
            switch state {
            case nil, "57P01", "57P02", "57P03": .away
            case let state? where state.hasPrefix("08"): .away
            case let state? where state.hasPrefix("23"): .constraint
            case "40001", "40P01", "55P03": .busy
            case "53100": .full
            case "XX001", "XX002": .corrupt
            default: .other
            }
        let detail = "SQLSTATE \(state ?? "none"), in: \(statement.prefix(300))"
        switch state {
        case let state? where state.hasPrefix("22"):
            self.init(
                .other, "A value does not fit its column or expression. The server's log says which statement it was.", cause: detail)
        case "25006": self.init(code, "SAM's database is read-only.", cause: detail)
        default: self.init(code, cause: "\(message) (\(detail))")
        }
    }
}
