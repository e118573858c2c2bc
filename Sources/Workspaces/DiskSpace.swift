import Foundation

/// The free space on a disk.
package enum DiskSpace {
    /// The bytes that this process can still write on the disk of a path: root also what the file system reserves.
    ///
    /// - Returns: `nil` if that can't be determined.
    package static func free(at path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let blocks = Int(clamping: geteuid() == 0 ? status.f_bfree : status.f_bavail)
        let (bytes, isTooLarge) = blocks.multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
        return isTooLarge ? .max : bytes
    }
}
