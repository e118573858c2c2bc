import Foundation

/// Files of `/proc`, which the kernel makes while they are read.
///
/// It gives them in pieces of a page, and readers of whole files take the first short piece for the end.
public enum KernelFile {
    /// The whole of a file, with bytes that are not UTF-8 replaced: it can name files, whose names need not be text.
    ///
    /// Blocks only for as long as the kernel takes to write it.
    ///
    /// - Returns: `nil` when it can't be read.
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
