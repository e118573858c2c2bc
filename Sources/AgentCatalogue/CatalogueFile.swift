import AgentProtocol
import Credentials
import Foundation
import Wording
import Yams

/// A catalogue file, read entry by entry: a mistake in one entry does not affect others.
struct CatalogueFile {
    var agents: [AgentDefinition] = []
    var problems: [CatalogueProblem] = []
    /// The ids of entries with a mistake, as far as they can be read.
    var broken: [String] = []
    /// Whether no entry could be read.
    var isBroken = false

    init(yaml: String, name: String) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            isBroken = true
            problems = [
                CatalogueProblem(
                    file: name, line: (error as? YamlError)?.line,
                    message: "This is not YAML: \((error as? YamlError)?.problem ?? reason(of: error))")
            ]
            return
        }
        guard let root else { return }
        guard let entries = root.mapping?["agents"]?.sequence else {
            isBroken = true
            problems = [CatalogueProblem(file: name, line: root.mark?.line, message: "There is no list `agents:`.")]
            return
        }
        for entry in entries {
            do {
                agents.append(try AgentDefinition(entry))
            } catch {
                problems.append(CatalogueProblem(file: name, line: error.line ?? entry.mark?.line, message: error.message))
                if let id = entry.mapping?["id"]?.string { broken.append(id) }
            }
        }
    }
}

extension YamlError {
    /// What is wrong, in the parser's words and without the text around it.
    fileprivate var problem: String {
        switch self {
        case .reader(let problem, _, _, _), .writer(let problem), .emitter(let problem), .representer(let problem): problem
        case .scanner(let context, let problem, _, _), .parser(let context, let problem, _, _), .composer(let context, let problem, _, _):
            (context.map { "\($0.text), " } ?? "") + problem
        case .duplicatedKeysInMapping(let duplicates, _): "these keys are there twice: \(duplicates.joined(separator: ", "))"
        case .no, .memory, .dataCouldNotBeDecoded: "it can't be read"
        @unknown default: "it can't be read"
        }
    }
}

/// A mistake in a catalogue file, with its place.
public struct CatalogueProblem: Sendable, Hashable, CustomStringConvertible {
    /// The file's path or name.
    public var file: String
    /// The line, counted from 1.
    public var line: Int?
    /// The mistake.
    public var message: String

    /// The location and the mistake.
    public var description: String {
        "\(file)\(line.map { ":\($0)" } ?? ""): \(message)"
    }
}

private struct EntryMistake: Error {
    var message: String
    var line: Int?
}

extension AgentDefinition {
    fileprivate init(_ node: Node) throws(EntryMistake) {
        guard let fields = node.mapping else { throw EntryMistake(message: "An agent is a mapping of fields.") }

        func text(_ key: String) throws(EntryMistake) -> String? {
            guard let value = fields[key] else { return nil }
            guard let string = value.string, !string.isEmpty else {
                throw EntryMistake(message: "`\(key)` is a text.", line: value.mark?.line)
            }
            return string
        }
        func required(_ key: String) throws(EntryMistake) -> String {
            guard let text = try text(key) else { throw EntryMistake(message: "`\(key)` is missing.") }
            return text
        }
        func list(_ key: String) throws(EntryMistake) -> [String] {
            guard let value = fields[key] else { return [] }
            guard let items = value.sequence?.map(\.string), !items.contains(nil) else {
                throw EntryMistake(message: "`\(key)` is a list of texts.", line: value.mark?.line)
            }
            return items.compactMap(\.self)
        }

        let id = try required("id")
        guard id.wholeMatch(of: /[a-z0-9][a-z0-9-]{0,40}/) != nil else {
            throw EntryMistake(
                message: "`id` has small letters, digits and dashes: “\(id)” has not.", line: fields["id"]?.mark?.line)
        }
        let protocolName = try required("protocol")
        guard let wireProtocol = WireProtocol(rawValue: protocolName) else {
            let known = WireProtocol.allCases.map(\.rawValue).joined(separator: ", ")
            throw EntryMistake(
                message: "`protocol` is one of \(known), not “\(protocolName)”.", line: fields["protocol"]?.mark?.line)
        }
        let command = try list("command")
        guard !command.isEmpty else { throw EntryMistake(message: "`command` is a list that names the program first.") }
        let needs = try list("needs")
        if let relative = needs.first(where: { !$0.hasPrefix("/") }) {
            throw EntryMistake(message: "`needs` holds absolute paths: “\(relative)” is not.", line: fields["needs"]?.mark?.line)
        }
        func provider(_ text: String, _ line: Int?) throws(EntryMistake) -> Provider {
            do throws(CredentialsError) {
                return try Provider(parsing: text)
            } catch {
                throw EntryMistake(message: error.message, line: line)
            }
        }
        var providers: [Provider] = []
        for name in try list("providers") { providers.append(try provider(name, fields["providers"]?.mark?.line)) }
        var more: [Provider: [String]] = [:]
        for (key, value) in fields["arguments"]?.mapping ?? [:] {
            guard let name = key.string, let words = value.sequence?.map(\.string), !words.contains(nil) else {
                throw EntryMistake(message: "`arguments` maps providers to lists of texts.", line: key.mark?.line)
            }
            more[try provider(name, key.mark?.line)] = words.compactMap(\.self)
        }
        var environment: [String: String] = [:]
        var providerEnvironment: [Provider: [String: String]] = [:]
        for (key, value) in fields["environment"]?.mapping ?? [:] {
            guard let name = key.string, !name.isEmpty, !name.contains("="), value.scalar != nil || value.mapping != nil else {
                throw EntryMistake(
                    message: "`environment` maps names to texts, or to what is set with each provider.", line: key.mark?.line)
            }
            environment[name] = value.scalar?.string
            for (key, value) in value.mapping ?? [:] {
                guard let text = value.scalar?.string else {
                    throw EntryMistake(message: "`environment` sets texts.", line: key.mark?.line)
                }
                providerEnvironment[try provider(key.string ?? "", key.mark?.line), default: [:]][name] = text
            }
        }
        var files: [String: HomeFile] = [:]
        for (key, value) in fields["files"]?.mapping ?? [:] {
            let path = key.string ?? ""
            func content(_ node: Node) throws(EntryMistake) -> String {
                guard let text = node.scalar?.string, text.utf8.count <= HomeFile.sizeLimit else {
                    throw EntryMistake(
                        message: "`files` holds texts of at most \(HomeFile.sizeLimit >> 10) KiB.", line: node.mark?.line ?? key.mark?.line)
                }
                return text
            }
            if let mistake = HomeFile.mistake(in: path) {
                throw EntryMistake(
                    message: "`files` names paths in the agent's home, as .x/y.json; “\(path.prefix(80))” is not one, \(mistake).",
                    line: key.mark?.line)
            }
            var file = HomeFile()
            if let perProvider = value.mapping {
                for (key, value) in perProvider {
                    file.perProvider[try provider(key.string ?? "", key.mark?.line)] = try content(value)
                }
            } else {
                file.content = try content(value)
            }
            files[path] = file
        }
        guard fields["files"] == nil || fields["files"]?.mapping != nil, files.count <= HomeFile.countLimit else {
            throw EntryMistake(
                message: "`files` maps at most \(HomeFile.countLimit) paths to contents.", line: fields["files"]?.mark?.line)
        }
        if let inside = files.keys.first(where: { path in files.keys.contains { path.hasPrefix($0 + "/") } }) {
            throw EntryMistake(message: "`files` has “\(inside)” inside of what is a file itself.", line: fields["files"]?.mark?.line)
        }
        let leavesBehind = try list("leavesBehind")
        if leavesBehind.count > 50 || leavesBehind.contains(where: { !Self.isPattern($0) }) {
            throw EntryMistake(
                message: "`leavesBehind` lists at most 50 patterns as in .gitignore, of at most 200 bytes; ! and # don't begin one.",
                line: fields["leavesBehind"]?.mark?.line)
        }
        var models: [Provider: Models] = [:]
        for (key, value) in fields["models"]?.mapping ?? [:] {
            guard let fast = value.mapping?["fast"]?.string, let strong = value.mapping?["strong"]?.string else {
                throw EntryMistake(message: "`models` names a `fast` and a `strong` one with each provider.", line: key.mark?.line)
            }
            models[try provider(key.string ?? "", key.mark?.line)] = Models(fast: fast, strong: strong)
        }
        let ownHosts = try list("ownHosts")
        if let other = ownHosts.first(where: { $0.wholeMatch(of: /(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,20}/) == nil }) {
            throw EntryMistake(
                message: "`ownHosts` names hosts, as a.example or *.a.example; “\(other.prefix(80))” is not a host.",
                line: fields["ownHosts"]?.mark?.line)
        }
        let versionArguments = fields["version"] == nil ? ["--version"] : try list("version")
        var signIn: SignInFile?
        if let node = fields["sign-in"] {
            guard let name = node.mapping?["provider"]?.string, let file = node.mapping?["file"]?.string else {
                throw EntryMistake(message: "`sign-in` has a `provider` and a `file`.", line: node.mark?.line)
            }
            signIn = SignInFile(provider: try provider(name, node.mark?.line), file: file)
            guard providers.contains(where: { $0.rawValue == name }) else {
                throw EntryMistake(message: "`sign-in` is for a provider that is not among `providers`.", line: node.mark?.line)
            }
            guard signIn?.provider.kind == .oauth else {
                throw EntryMistake(
                    message: "`sign-in` is for a provider with a sign-in, as openai-chatgpt; \(name) has keys.", line: node.mark?.line)
            }
            let steps = file.split(separator: "/", omittingEmptySubsequences: false)
            guard !steps.contains(where: { ["", ".", ".."].contains($0) }) else {
                throw EntryMistake(message: "`file` is a path in the agent's home, like .codex/auth.json.", line: node.mark?.line)
            }
            guard !files.keys.contains(where: { $0 == file || $0.hasPrefix(file + "/") || file.hasPrefix($0 + "/") }) else {
                throw EntryMistake(message: "`files` can't hold the file of the sign-in, \(file).", line: node.mark?.line)
            }
        }
        self.init(
            id: id, name: try text("name") ?? id, wireProtocol: wireProtocol, command: command, providerArguments: more, needs: needs,
            environment: environment, providerEnvironment: providerEnvironment, files: files, leavesBehind: leavesBehind,
            modelArguments: try list("model"),
            models: models, versionArguments: versionArguments, providers: providers, ownHosts: ownHosts, signIn: signIn,
            install: try text("install"), description: try text("description"))
    }

    private static func isPattern(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200 && !text.contains(where: \.isNewline) && !text.hasPrefix("!") && !text.hasPrefix("#")
            && !text.allSatisfy { "*/ ".contains($0) }
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: nil
        }
    }
}
