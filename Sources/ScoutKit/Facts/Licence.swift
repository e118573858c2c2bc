/// The licence, recognised by the words of its file.
public struct Licence: Sendable, Hashable {
    /// An SPDX id, or a phrase when scout does not know the text.
    public var name: String
    /// The first line of its file.
    public var evidence: Reference

    static func read(_ tree: SourceTree) -> Licence? {
        let entry = tree.files.first { entry in
            let name = entry.path.lowercased()
            return !name.contains("/") && ["license", "licence", "copying", "unlicense"].contains { name.hasPrefix($0) }
        }
        guard let entry, let content = tree.content(of: entry, limit: 64 << 10) else { return nil }
        let lines = LineReader(content)
        guard let line = lines.first(where: { !$0.allSatisfy(\.isWhitespace) }) else { return nil }
        let text = String(decoding: content, as: UTF8.self)
        return Licence(
            name: name(of: text), evidence: Reference(path: entry.path, line: line.number, text: line.text))
    }

    static func name(of text: String) -> String {
        let known: [(String, [String])] = [
            ("Apache-2.0", ["Apache License", "Version 2.0"]),
            ("AGPL-3.0", ["GNU AFFERO GENERAL PUBLIC LICENSE", "Version 3"]),
            ("LGPL", ["GNU LESSER GENERAL PUBLIC LICENSE"]),
            ("GPL-3.0", ["GNU GENERAL PUBLIC LICENSE", "Version 3"]),
            ("GPL-2.0", ["GNU GENERAL PUBLIC LICENSE", "Version 2"]),
            ("MPL-2.0", ["Mozilla Public License", "2.0"]),
            ("MIT", ["Permission is hereby granted, free of charge", "WITHOUT WARRANTY OF ANY KIND"]),
            ("BSD-3-Clause", ["Redistribution and use in source and binary forms", "Neither the name"]),
            ("BSD-2-Clause", ["Redistribution and use in source and binary forms"]),
            ("ISC", ["Permission to use, copy, modify, and/or distribute this software"]),
            ("Unlicense", ["This is free and unencumbered software released into the public domain"]),
        ]
        return known.first { $0.1.allSatisfy(text.contains) }?.0 ?? "a licence in its own words"
    }
}
