import Vault

/// The files of refreshed sign-ins that the database does not have yet, for backups. They are sealed.
public enum RenewalFiles {
    /// The names of the complete files in a folder, sorted; none when there is no folder.
    ///
    /// - Throws: the system's error when the folder can't be read.
    public static func names(in folder: String) throws -> [String] { try OutcomeFolder.names(in: folder) }

    /// The ids of the master keys that the files in a folder are sealed with, sorted.
    ///
    /// - Throws: the system's error when the folder or a file can't be read.
    public static func masterKeys(in folder: String) throws -> [String] { try OutcomeFolder.keys(in: folder).map(\.rawValue).sorted() }
}
