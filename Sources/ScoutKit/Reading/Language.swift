/// Programming languages by file name.
enum Language {
    /// The language of a file with this name; `nil` when scout knows none.
    static func named(file name: String) -> String? {
        whole[name] ?? endings[FileKind.ending(of: name)]
    }

    private static let whole = [
        "Makefile": "Make", "GNUmakefile": "Make", "Dockerfile": "Dockerfile", "CMakeLists.txt": "CMake",
        "Rakefile": "Ruby", "Gemfile": "Ruby", "Justfile": "Just", "justfile": "Just", "Jenkinsfile": "Groovy",
        "meson.build": "Meson", "BUILD": "Starlark", "BUILD.bazel": "Starlark", "WORKSPACE": "Starlark",
    ]

    private static let endings = [
        "swift": "Swift", "c": "C", "h": "C", "cc": "C++", "cpp": "C++", "cxx": "C++", "hpp": "C++", "hh": "C++",
        "m": "Objective-C", "mm": "Objective-C++", "rs": "Rust", "go": "Go", "py": "Python", "pyi": "Python",
        "rb": "Ruby", "js": "JavaScript", "mjs": "JavaScript", "cjs": "JavaScript", "jsx": "JavaScript",
        "ts": "TypeScript", "tsx": "TypeScript", "java": "Java", "kt": "Kotlin", "kts": "Kotlin", "scala": "Scala",
        "groovy": "Groovy", "gradle": "Groovy", "cs": "C#", "fs": "F#", "vb": "Visual Basic", "php": "PHP", "pl": "Perl",
        "pm": "Perl", "lua": "Lua", "r": "R", "jl": "Julia", "hs": "Haskell", "ml": "OCaml", "mli": "OCaml", "ex": "Elixir",
        "exs": "Elixir", "erl": "Erlang", "clj": "Clojure", "dart": "Dart", "zig": "Zig", "nim": "Nim", "d": "D",
        "sh": "Shell", "bash": "Shell", "zsh": "Shell", "fish": "Shell", "ps1": "PowerShell", "sql": "SQL", "html": "HTML",
        "htm": "HTML", "css": "CSS", "scss": "CSS", "less": "CSS", "vue": "Vue", "svelte": "Svelte", "s": "Assembly",
        "asm": "Assembly", "v": "Verilog", "vhd": "VHDL", "proto": "Protocol Buffers", "tf": "Terraform", "nix": "Nix",
        "bzl": "Starlark", "cmake": "CMake", "gyb": "GYB", "awk": "Awk", "el": "Emacs Lisp", "vim": "Vim script",
    ]
}
