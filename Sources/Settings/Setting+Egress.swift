import Accounts
import Cascade

extension Setting {
    /// Hosts that agents may reach through the egress proxy.
    public static let egressHosts = Setting(
        key: "egress.hosts",
        summary: "Hosts that agents may reach, like pypi.org, *.example.org or example.org:8443. Off: none.",
        standard: .hosts(registries), mode: .ceiling, whenOff: .force(.hosts([])), scopes: [.project, .user, .platform], kind: .hosts,
        standardIsCeiling: true)

    /// Hosts that may have an address in a private network or of this machine.
    public static let egressPrivateHosts = Setting(
        key: "egress.privateHosts", summary: "Hosts among those that may have an address in a private network or of this machine.",
        standard: .hosts([]), mode: .override, whenOff: .force(.hosts([])), scopes: [.platform], kind: .hosts)

    /// The package registries of common languages, and the host of the project's repository.
    private static let registries: [HostPattern] =
        [HostPattern.repository]
        + [
            // Python, JavaScript, Rust, Go, Ruby, PHP, Java, Swift
            "pypi.org", "files.pythonhosted.org", "registry.npmjs.org", "registry.yarnpkg.com", "crates.io", "index.crates.io",
            "static.crates.io", "proxy.golang.org", "sum.golang.org", "rubygems.org", "index.rubygems.org", "repo.packagist.org",
            "repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org", "github.com", "codeload.github.com",
            "objects.githubusercontent.com", "raw.githubusercontent.com",
            // Debian
            "deb.debian.org", "security.debian.org",
        ].compactMap { HostPattern($0) }
}
