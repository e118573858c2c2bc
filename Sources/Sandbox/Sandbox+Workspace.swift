extension Sandbox {
    /// Creates the sandbox of a session: its workspace and its agent's home can be written, the objects that the workspace shares can be read.
    ///
    /// - Parameter objects: is named in the workspace's alternates, so its path is the same inside.
    public init(program: String, workspace: String, home: String, objects: String, files: SandboxFiles) {
        self.init(
            program: program,
            binds: [
                Bind(host: workspace, inside: Inside.workspace, access: .readWrite),
                Bind(host: home, inside: Inside.home, access: .readWrite),
                Bind(host: objects, inside: objects, access: .readOnly),
            ], files: files)
    }
}
