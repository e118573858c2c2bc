import Foundation

/// Files of `/proc`, which the kernel generates while they are read.
///
/// The kernel returns them in pieces of a page, and the usual readers of whole files take the first short piece for the end.
public enum KernelFile {
    /// A complete file. Bytes that are not UTF-8 are replaced: it can contain file names, which need not be text.
    ///
    /// Blocks only while the kernel generates it.
    ///
    /// - Returns: `nil` if it can't be read.
    public static func text(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        var content = Data()
        do {
            while let piece = try file.read(upToCount: 4_096), !piece.isEmpty { content += piece }
        } catch {
            return nil
        }
        return String(decoding: content, as: UTF8.self)
    }
}
