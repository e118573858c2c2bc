import CProcesses
import Glibc

/// The two ends of a new pipe. Both close on exec; whoever takes an end closes it.
public struct PipeEnds: Sendable {
    public let reading: CInt
    public let writing: CInt

    /// Makes a pipe.
    ///
    /// - Throws: ``ProcessError`` when the process has too many descriptors.
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

    /// Closes what nobody has taken. To be called once.
    public func close() {
        for descriptor in [reading, writing] { Glibc.close(descriptor) }
    }
}
