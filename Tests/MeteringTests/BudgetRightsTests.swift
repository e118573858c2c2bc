import Accounts
import Metering
import Testing

@Suite("Whose budgets are whose")
struct BudgetRightsTests {
    /// Who may, and who may not, change each layer.
    private func rights(_ scope: Scope, in sam: MeteringFixture) -> (layer: ScopeOwner, may: [User], mayNot: [User]) {
        switch scope {
        case .platform: (.platform, [sam.owner], [sam.member, sam.stranger])
        case .user: (.user(sam.member.id), [sam.member], [sam.owner, sam.stranger])
        case .project: (.project(sam.project), [sam.member, sam.owner], [sam.stranger])
        }
    }

    @Test("Only who owns a layer sets, turns and clears its budgets; to others it stays as it is", arguments: Scope.allCases)
    func changes(scope: Scope) async throws {
        try await MeteringFixture.with { sam in
            let (layer, may, mayNot) = rights(scope, in: sam)
            for user in mayNot {
                await #expect(throws: AccountsError.self, "\(user.name)") {
                    try await sam.budgets.set(cents(1), per: .month, at: layer, by: user)
                }
            }
            for user in may {
                try await sam.budgets.set(cents(100), per: .month, at: layer, by: user)
                #expect(try await sam.standing(scope, for: user)?.by == user.name)
                let before = try await sam.budgets.list(for: user)
                for other in mayNot {
                    await #expect(throws: AccountsError.self, "\(other.name)") {
                        try await sam.budgets.set(cents(1), per: .month, at: layer, by: other)
                    }
                    await #expect(throws: AccountsError.self, "\(other.name)") {
                        try await sam.budgets.turn(on: false, .month, at: layer, reason: nil, by: other)
                    }
                    await #expect(throws: AccountsError.self, "\(other.name)") {
                        try await sam.budgets.clear(.month, at: layer, by: other)
                    }
                }
                #expect(try await sam.budgets.list(for: user) == before)
                try await sam.budgets.turn(on: false, .month, at: layer, reason: nil, by: user)
                try await sam.budgets.turn(on: true, .month, at: layer, reason: nil, by: user)
                try await sam.budgets.clear(.month, at: layer, by: user)
            }
        }
    }

    @Test("Who left the project, or was made a member from an administrator, may no longer")
    func left() async throws {
        try await MeteringFixture.with { sam in
            try await sam.accounts.removeMember("kim", from: sam.project, by: sam.owner.id)
            await #expect(throws: AccountsError.self) {
                try await sam.budgets.set(cents(1), per: .month, at: .project(sam.project), by: sam.member)
            }
            try await sam.budgets.set(cents(1), per: .month, at: .project(sam.project), by: sam.owner)
            #expect(try await sam.standing(.project, for: sam.member) == nil)
        }
    }

    @Test("Who only works or reads in the project sees its budget and changes nothing of it", arguments: [ProjectRole.member, .viewer])
    func lesserRoles(role: ProjectRole) async throws {
        try await MeteringFixture.with { sam in
            let layer = ScopeOwner.project(sam.project)
            try await sam.budgets.set(cents(100), per: .month, at: layer, by: sam.member)
            try await sam.accounts.setRole(role, of: "kim", in: sam.project, by: sam.owner.id)
            let before = try await sam.budgets.list(for: sam.member)
            #expect(before.map(\.limit) == [cents(100)])
            let acts: [() async throws -> Void] = [
                { try await sam.budgets.set(cents(9_999), per: .month, at: layer, by: sam.member) },
                { try await sam.budgets.turn(on: false, .month, at: layer, reason: nil, by: sam.member) },
                { try await sam.budgets.clear(.month, at: layer, by: sam.member) },
            ]
            for act in acts {
                await #expect {
                    try await act()
                } throws: { error in
                    (error as? AccountsError)?.code == .forbidden && "\(error)".contains("Ask one who owns it: owner.")
                }
            }
            #expect(try await sam.budgets.list(for: sam.member) == before)
            try await sam.budgets.clear(.month, at: layer, by: sam.owner)
        }
    }

    @Test("Everyone sees the budgets that they are subject to, and no other")
    func list() async throws {
        try await MeteringFixture.with { sam in
            try await sam.budgets.set(cents(100), per: .month, at: .platform, by: sam.owner)
            try await sam.budgets.set(cents(200), per: .month, at: .project(sam.project), by: sam.member)
            try await sam.budgets.set(cents(300), per: .month, at: .user(sam.member.id), by: sam.member)
            try await sam.budgets.set(cents(400), per: .day, at: .user(sam.stranger.id), by: sam.stranger)
            func limits(_ user: User) async throws -> [Money] { try await sam.budgets.list(for: user).map(\.limit).sorted() }
            #expect(try await limits(sam.owner) == [cents(100), cents(200)])
            #expect(try await limits(sam.member) == [cents(100), cents(200), cents(300)])
            #expect(try await limits(sam.stranger) == [cents(100), cents(400)])
            #expect(try await sam.standing(.project, for: sam.member)?.owner == "shed")
            #expect(try await sam.standing(.platform, for: sam.member)?.owner == nil)
        }
    }
}
