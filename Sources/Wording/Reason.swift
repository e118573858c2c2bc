import Foundation

/// The reason for an error, in words for people.
///
/// SAM's own errors are written for people. Errors of libraries are often written for debugging, such as `NIOConnectionError(host: "::1", …
/// (errno: 111))`; of these, the system's message or the case's name is returned.
public func reason(of error: any Error) -> String {
    if let error = error as? DecodingError { return "it has not the form that is expected: \(error.place)" }
    let module = String(reflecting: type(of: error)).prefix { $0 != "." }
    if ownModules.contains(String(module)) { return "\(error)" }
    if type(of: error) is AnyClass || error is CocoaError || error is POSIXError || error is URLError {
        return reason(of: error as NSError)
    }
    if error is CancellationError { return "it was cancelled" }
    return reason(inDump: "\(error)")
}

/// Foundation's reason: the system's message if there is one, else its sentence without the common prefix.
private func reason(of error: NSError) -> String {
    if error.domain == NSPOSIXErrorDomain { return words(ofSystemError: Int32(error.code)) }
    if let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error { return reason(of: cause) }
    let sentence = error.localizedDescription.replacing("The operation could not be completed. ", with: "")
    guard !sentence.contains("Domain") else { return "no reason is given" }
    return sentence.prefix(1).lowercased() + sentence.dropFirst().trimmingSuffix { $0 == "." }
}

/// The part of a library's description that people understand.
func reason(inDump dump: String) -> String {
    if let number = dump.matches(of: #/errno:? ?(\d+)/#).last.flatMap({ Int32($0.1) }) { return words(ofSystemError: number) }
    if let name = dump.matches(of: #/OPENSSL_internal:([A-Z0-9_]+)/#).last?.1 {
        return name.lowercased().replacing("_", with: " ")
    }
    if let name = dump.wholeMatch(of: #/(?:[A-Za-z0-9_]+\.)*([a-z][A-Za-z0-9]*)(?:\(.*\))?/#)?.1 { return name.spelledOut }
    let line = dump.prefix { !$0.isNewline }
    return line.count > 300 ? line.prefix(300) + "…" : String(line)
}

private func words(ofSystemError number: Int32) -> String {
    let words = String(cString: strerror(number))
    return words.prefix(1).lowercased() + words.dropFirst()
}

extension Substring {
    fileprivate func trimmingSuffix(_ isLeftOut: (Character) -> Bool) -> Substring {
        var rest = self
        while let last = rest.last, isLeftOut(last) { rest.removeLast() }
        return rest
    }

    /// A name such as `connectTimeout` as words.
    fileprivate var spelledOut: String {
        reduce(into: "") { words, letter in words += letter.isUppercase ? " " + letter.lowercased() : String(letter) }
    }
}

/// The modules whose errors are written for people. A test compares them with the package's modules.
let ownModules: Set<String> = [
    "API", "Accounts", "AgentCatalogue", "AgentDrivers", "AgentProtocol", "AgentTools", "Cascade", "ControlPlane", "Credentials", "Gateway",
    "Gathering", "Limits", "Metering", "Processes", "Rehearsal", "RunnerKit", "Sandbox", "ScoutKit", "Sessions", "Settings", "Store",
    "Tunnels",
    "Vault",
    "Wording", "Workspaces", "sam", "sam_runner", "sam_scout",
]
