/// The warning when SAM runs as root.
public enum RunningAsRoot {
    /// The risk.
    public static let risk = """
        SAM runs as root: an agent can read what only root may read in the folders that its sandbox shows (/usr, certificates, what \
        agents.yaml names), a flaw in the sandbox would be root's, and an agent without a sandbox is root
        """
    /// The remedy.
    public static let remedy = "Let it run as a separate user: sam serve --user NAME"
}
