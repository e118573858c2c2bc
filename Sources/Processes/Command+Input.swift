import CProcesses
import Glibc
import SystemPackage

extension Command {
    /// A file in memory with a program's input.
    ///
    /// A pipe would have to be written while the program runs, and Subprocess ends this whole process if such a write is cancelled before
    /// it began.
    ///
    /// - Throws: ``ProcessError`` if there is no memory or descriptor for it.
    static func file(of input: [UInt8]) throws -> FileDescriptor {
        let descriptor = FileDescriptor(rawValue: sam_memory_file())
        guard descriptor.rawValue >= 0 else { throw ProcessError(.notStarted, "There is no descriptor for a program's input.") }
        do {
            try descriptor.writeAll(input)
            try descriptor.seek(offset: 0, from: .start)
        } catch {
            close(descriptor.rawValue)
            throw ProcessError(.notStarted, "There is no memory for a program's input.")
        }
        return descriptor
    }
}
