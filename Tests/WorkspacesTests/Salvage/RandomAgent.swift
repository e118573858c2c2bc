import Fuzzing

/// An agent that does anything that git and a shell allow, in the workspace and in the repositories that it makes there.
struct RandomAgent {
    private var generator: SeededGenerator
    /// Repositories and worktrees that may stand in the workspace.
    private var places = ["."]
    private var made = 0

    // The generator's sequences for seeds in a row overlap.
    init(seed: UInt64) { generator = SeededGenerator(seed: seed &* 1_000_003) }

    /// A script for a shell. What fails in it is passed over, as agents do.
    mutating func script() -> String {
        var lines = ["exec 2>/dev/null >/dev/null </dev/null", "top=$PWD"]
        for _ in 0..<Int.random(in: 4...14, using: &generator) {
            if chance(4) { lines.append("cd \"$top\"; cd \(any(places))") }
            lines.append(act())
        }
        return lines.joined(separator: "\n") + "\ntrue\n"
    }

    private mutating func act() -> String {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<6: files()
        case 6..<10: commit()
        case 10..<13: move()
        case 13..<15: history()
        case 15..<17: nested()
        case 17: naming()
        case 18: hiding()
        default: damage()
        }
    }

    // MARK: - Acts

    private mutating func files() -> String {
        let (one, other) = (file(), file())
        return any([
            "mkdir -p \"$(dirname \(one))\"; echo \(number()) > \(one)", "mkdir -p \"$(dirname \(one))\"; echo \(number()) >> \(one)",
            "rm -rf \(one)", "mkdir -p \"$(dirname \(other))\"; mv \(one) \(other)", "chmod +x \(one)", "chmod 000 \(one)",
            "ln -sf \(other) \(one)", "rm -rf \(one); mkdir -p \(one); echo \(number()) > \(one)/in", "cp README.md \(one)",
            "touch -r \(one) .t; printf x | dd of=\(one) conv=notrunc; touch -r .t \(one); rm .t", "chmod 000 src",
            "rm -rf pipe; mkfifo pipe",
            "printf '\\0\\377\\r\\n' > \(one)", "git mv -k \(one) \(other)", "git rm -rq --cached \(one)",
        ])
    }

    private mutating func commit() -> String {
        let save = "git add -A; git commit -qm \(number())"
        return any([
            save, save, "echo \(number()) > \(file()); \(save)", "git add \(file())", "git add -f \(file()); git commit -qm \(number())",
            "git commit -qam \(number())", "git commit -q --amend --no-edit --allow-empty", "git add -A; git stash -q", "git stash -q -u",
            "git commit -q --allow-empty -m \(number())",
        ])
    }

    private mutating func move() -> String {
        let name = branch()
        return any([
            "git checkout -q -b \(name)", "git checkout -q -f \(name)", "git checkout -q --detach", "git checkout -q -f origin/main",
            "git checkout -q --orphan \(name)", "git checkout -q -f -", "git reset -q --hard HEAD~1", "git reset -q HEAD~1",
            "git reset -q --soft HEAD~1", "git checkout -q -f --detach HEAD~1", "git switch -q -C \(name)", "git clean -qfdx",
            "git checkout -q --orphan \(name); git rm -rfq .",
        ])
    }

    private mutating func history() -> String {
        let name = branch()
        return any([
            "git merge -q \(name) -m m", "git merge -q --no-ff \(name) -m m || git merge --abort", "git rebase -q \(name)",
            "git rebase -q \(name) || git rebase --abort", "git cherry-pick \(name)", "git cherry-pick --no-commit \(name)",
            "git revert --no-edit HEAD", "git stash pop -q", "git stash drop -q", "git stash apply -q", "git branch -D \(name)",
            "git commit-tree -p HEAD -m \(number()) $(git write-tree)", "git gc -q", "git repack -qad", "git gc -q --prune=now",
            "git pack-refs --all", "rm -rf .git/logs", "git merge -q --allow-unrelated-histories \(name) -m m",
        ])
    }

    private mutating func nested() -> String {
        made += 1
        let place = any(["n\(made)", "vendor/n\(made)", "src/n\(made)", ".worktrees/n\(made)", "build/n\(made)", "module"])
        places.append(place)
        return any([
            "git init -q -b main \(place)", "git init -q \(place); cd \(place); echo \(number()) > n; git add n; git commit -qm n",
            "git clone -q . \(place)", "git clone -q --depth 1 \"file://$PWD\" \(place)", "git worktree add -q \(place) -b \(branch())",
            "git worktree add -q --detach \(place)", "git worktree add -q /tmp/w\(made) -b w\(made); cd /tmp/w\(made)",
            "mkdir -p \(place); echo \(number()) > \(place)/loose", "git worktree remove --force \(place)", "rm -rf \(place)",
            "git worktree add -q \(place) \(branch())", "git fetch -q \(place) main:fetched\(made)", "git clone -q --bare . \(place)",
            "git submodule add -q ./\(place) sub\(made); git commit -qam sub", "git init -q --separate-git-dir .git/sep\(made) sep\(made)",
        ])
    }

    private mutating func naming() -> String {
        let name = branch()
        return any([
            "git tag \(name)", "git tag -a -m w \(name)", "git tag -d \(name)", "git branch \(name)", "git branch -M \(name)",
            "git update-ref refs/\(name) HEAD", "git notes add -m note", "git tag b \(name)^{tree}", "git branch -f \(name) HEAD~1",
            "git tag -a -m again \(name)2 \(name)", "git symbolic-ref HEAD refs/heads/\(name)", "git remote rename origin up",
        ])
    }

    private mutating func hiding() -> String {
        any([
            "mkdir -p .git/info; echo '*' > .git/info/exclude", "git config core.excludesFile \"$PWD/.git/mine\"; echo a > .git/mine",
            "echo a >> .gitignore", "echo '*' > d/.gitignore", "rm .gitignore", "git update-index --assume-unchanged README.md src/main.c",
            "git update-index --skip-worktree README.md; echo \(number()) > README.md", "git sparse-checkout set docs",
            "git config core.fileMode false; chmod +x README.md", "echo '!*.log' > .gitignore", "echo '* -text' > .gitattributes",
            "git config core.ignoreCase true", "git config core.autocrlf true; printf 'a\\r\\n' > crlf", "mkdir -p build; echo x > build/o",
            "echo x > x.log", "git update-index --split-index", "git config extensions.worktreeConfig true",
        ])
    }

    private mutating func damage() -> String {
        any([
            "rm -f .git/index", "echo junk > .git/index", "touch .git/index.lock", "echo junk > .git/HEAD", "rm .git/HEAD",
            "echo '[junk' > .git/config", "rm -rf .git/refs/heads", "chmod 000 .git", "chmod 500 .git/refs", "rm -rf .git",
            "truncate -s 0 .git/packed-refs", "find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +",
        ])
    }

    // MARK: - Choices

    private mutating func file() -> String {
        any(
            [
                "a", "a/b", "README.md", "src/main.c", "src/deep/one.txt", "docs/guide.md", "d/e/f", "'b c'", "x.log", "build/o", "é",
                "-dash",
                "':colon'", "'*'", "\"$(printf 'n\\377')\"", "\"$(printf 'l\\ni')\"", "link", "run.sh", ".gitmodules", "module/m",
            ].map { $0.hasPrefix("-") ? "./\($0)" : $0 })
    }

    private mutating func branch() -> String { any(["main", "feat", "feat/x", "a", "a/b", "b.c", "é", "\"$BRANCH\"", "X"]) }

    private mutating func number() -> String { String(Int.random(in: 0..<10_000, using: &generator)) }

    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &generator) == 0 }

    private mutating func any(_ choices: [String]) -> String { choices[Int.random(in: 0..<choices.count, using: &generator)] }
}
