import CProcesses
import Glibc

/// The two ends of a new pipe. Both close on exec; the code that uses an end closes it.
public struct PipeEnds: Sendable {
    /// The end to read from.
    public let reading: CInt
    /// The end to write to.
    public let writing: CInt

    /// Creates a pipe.
    ///
    /// - Throws: ``ProcessError`` if the process has too many descriptors.
    public init() throws(ProcessError) {
        var ends: (CInt, CInt) = (-1, -1)
        let made = withUnsafeMutableBytes(of: &ends) { bytes in
            sam_pipe(bytes.bindMemory(to: CInt.self).baseAddress)
        }
        guard made == 0 else {
            throw ProcessError(.notStarted, "No pipe could be made: \(String(cString: strerror(errno))).")
        }
        reading = ends.0
        writing = ends.1
    }

    /// Closes both ends, if neither was passed on. Call it once at most.
    public func close() {
        for descriptor in [reading, writing] { Glibc.close(descriptor) }
    }
}
