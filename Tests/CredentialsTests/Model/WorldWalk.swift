import Store

/// Walks all histories of a small world as one tree, so that a step is taken once for all histories that begin with it.
struct WorldWalk {
    let world: SmallWorld
    let transaction: any Transaction
    /// How many histories were walked to their end.
    private(set) var count = 0
    /// The first history that went differently from what the model says.
    private(set) var failing: History?

    /// Walks the histories that take one of these steps after the opening, and the opening by itself if wanted.
    mutating func walk(_ start: HistoryRun, then steps: [History.Step], withOpening: Bool) throws {
        var run = start
        var story = History(steps: [])
        for step in world.opening {
            story.steps.append(step)
            guard run.disagreement(after: step) == nil else { return failing = story }
        }
        if withOpening { try end(run, story) }
        try branch(run, story, into: steps)
    }

    private mutating func branch(_ run: HistoryRun, _ story: History, into steps: [History.Step]) throws {
        for step in steps where failing == nil {
            let longer = History(steps: story.steps + [step])
            try undone { walk in
                var next = run
                guard next.disagreement(after: step) == nil else { return walk.failing = longer }
                try walk.end(next, longer)
                guard longer.steps.count < walk.world.opening.count + walk.world.depth else { return }
                try walk.branch(next, longer, into: walk.world.alphabet)
            }
        }
    }

    /// What is checked at a history's end changes the tables, and its longer histories go on from before that.
    private mutating func end(_ run: HistoryRun, _ story: History) throws {
        count += 1
        try undone { walk in
            var run = run
            if run.disagreementAtEnd(of: story) != nil { walk.failing = story }
        }
    }

    private mutating func undone(_ body: (inout WorldWalk) throws -> Void) throws {
        try transaction.execute("SAVEPOINT branch")
        try body(&self)
        try transaction.execute("ROLLBACK TO branch")
        try transaction.execute("RELEASE branch")
    }
}
