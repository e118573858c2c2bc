import CProcesses
import Glibc
import SystemPackage

extension Command {
    /// A file in memory with what a program is to read.
    ///
    /// A pipe would have to be written meanwhile, and Subprocess ends the whole process when that is cancelled before it has begun.
    ///
    /// - Throws: ``ProcessError`` when there is no memory or descriptor for it.
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
