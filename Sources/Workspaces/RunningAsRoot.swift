/// What is told where SAM runs as root.
public enum RunningAsRoot {
    /// What an agent could do then.
    public static let risk = """
        SAM runs as root: an agent can read what only root may read in the folders that its sandbox shows (/usr, certificates, what \
        agents.yaml names), a flaw in the sandbox would be root's, and an agent without a sandbox is root
        """
    /// What to do about it.
    public static let remedy = "Let it become a user of its own: sam serve --user NAME"
}
