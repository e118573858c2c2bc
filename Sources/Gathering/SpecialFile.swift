/// `.gitmodules` and `.gitattributes`, whose content git's checks judge, and names that HFS+ and NTFS treat as the same.
enum SpecialFile {
    /// Whether a file is special.
    static func isSpecial(_ path: GitPath) -> Bool {
        let text = String(decoding: path.lastComponent, as: UTF8.self)
        // HFS+ ignores some characters in names, and NTFS some at their ends.
        var name = String(String.UnicodeScalarView(text.unicodeScalars.filter { !isIgnorable($0) })).lowercased()
        name = String(name.prefix { $0 != ":" })
        while let last = name.last, last == " " || last == "." { name.removeLast() }
        if name == ".gitmodules" || name == ".gitattributes" { return true }
        // NTFS short names.
        return name.wholeMatch(of: /git(mod|att)~[0-9]+|gi[0-9a-f]{1,5}~[0-9]+/) != nil
    }

    private static func isIgnorable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200C...0x200F, 0x202A...0x202E, 0x206A...0x206F, 0xFEFF: true
        default: false
        }
    }
}
