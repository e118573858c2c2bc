import CPostgres
import Foundation

/// Converts a libpq result to rows.
enum PostgresRows {
    static func rows(of result: OpaquePointer?) -> [Row] {
        let width = PQnfields(result)
        let count = PQntuples(result)
        guard count > 0 else { return [] }
        let columns = Dictionary(
            (0..<width).map { (String(cString: PQfname(result, $0)), Int($0)) }, uniquingKeysWith: { first, _ in first })
        let types = (0..<width).map { PQftype(result, $0) }
        return (0..<count).map { row in
            Row(columns: columns, values: (0..<width).map { value(of: result, row, $0, types[Int($0)]) })
        }
    }

    private static func value(of result: OpaquePointer?, _ row: Int32, _ column: Int32, _ type: Oid) -> SQLValue {
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else { return .null }
        let text = { String(decoding: UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column))), as: UTF8.self) }
        // Type OIDs from PostgreSQL's src/include/catalog/pg_type.dat; they never change.
        switch type {
        case 16: return .integer(start.pointee == UInt8(ascii: "t") ? 1 : 0)
        case 20, 21, 23, 26: return Int64(text()).map(SQLValue.integer) ?? .text(text())
        case 700, 701: return Double(text()).map(SQLValue.real) ?? .text(text())
        // NUMERIC, the type of sums of integers.
        case 1_700: return Int64(text()).map(SQLValue.integer) ?? Double(text()).map(SQLValue.real) ?? .text(text())
        case 17: return bytes(start)
        default: return .text(text())
        }
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> SQLValue {
        var count = 0
        return text.withMemoryRebound(to: UInt8.self, capacity: strlen(text)) { text in
            guard let bytes = PQunescapeBytea(text, &count) else { return .null }
            defer { PQfreemem(bytes) }
            return .blob(Array(UnsafeBufferPointer(start: bytes, count: count)))
        }
    }
}
