// swift-tools-version: 6.2
import PackageDescription

// One package, one target a module. The rows follow docs/architecture.md from the ground up:
// a module depends only on rows below its own, so the compiler keeps the walls.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies + [.argumentParser],
        swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name)] + dependencies,
        swiftSettings: strict)
}

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let jwtKit = product(name: "JWTKit", package: "jwt-kit")
    static let logging = product(name: "Logging", package: "swift-log")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioHTTPTypesHTTP1 = product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let yams = product(name: "Yams", package: "Yams")
}

let package = Package(
    name: "sam",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "sam", targets: ["sam"]),
        .executable(name: "sam-runner", targets: ["sam-runner"]),
        .executable(name: "sam-scout", targets: ["sam-scout"]),
        .library(name: "Cascade", targets: ["Cascade"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // Ground
        module("Cascade"),
        module("Store", ["Wording", .grdb]),
        module("Vault", ["Wording", .crypto]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CSeccomp", providers: [.apt(["libseccomp-dev"])]),
        .target(name: "CProcesses"),
        module("Processes", ["CProcesses", "Wording", .subprocess]),
        module("Tunnels", [.nioCore]),
        module("Wording", [.logging]),
        module("Limits", [.nioCore, .nioHTTP1]),

        // Facts
        module("Accounts", ["Store", .crypto]),
        module("Credentials", ["Accounts", "Cascade", "Store", "Vault", "Wording", .jwtKit]),
        module(
            "Metering", ["Accounts", "Cascade", "CZlib", "Store", "Wording", .logging, .yams],
            resources: [.embedInCode("Prices/prices.yaml")]),
        module("Settings", ["Accounts", "Cascade", "Store"]),
        module("AgentProtocol", ["Processes"]),

        // Means
        module(
            "AgentCatalogue", ["AgentProtocol", "Credentials", "Processes", "Wording", .yams],
            resources: [.embedInCode("agents.yaml")]),
        module("AgentDrivers", ["AgentProtocol", "Wording"]),
        module(
            "Gateway",
            [
                "Accounts", "AgentProtocol", "Credentials", "Limits", "Metering", "Settings", "Store", "Tunnels", "Vault", "Wording",
                .asyncHTTPClient, .crypto, .nioCore,
                .nioHTTP1,
                .nioPosix, .nioSSL, .nioTLS,
            ]),
        module(
            "Rehearsal", ["AgentProtocol", "Limits", .httpTypes, .hummingbird, .logging, .yams],
            resources: [.embedInCode("Script/rehearsal.yaml")]),
        module(
            "RunnerKit",
            [
                "AgentDrivers", "AgentProtocol", "Processes", "Tunnels", "Wording", .asyncHTTPClient, .logging, .nioCore, .nioHTTP1,
                .nioPosix,
                .nioSSL,
            ]),
        module("ScoutKit", ["AgentProtocol", "Processes", "Wording"]),
        module("Gathering", ["Processes", "Wording"]),
        module("Workspaces", ["Accounts", "AgentProtocol", "CSeccomp", "Gathering", "Processes", "Wording", .logging]),

        // Work
        module(
            "Sessions",
            [
                "Accounts", "AgentCatalogue", "AgentProtocol", "Credentials", "Gateway", "Processes", "Settings", "Store", "Vault",
                "Wording",
                "Workspaces",
                .crypto,
                .logging,
            ]),

        module("AgentTools", ["AgentProtocol", "Sessions", "Workspaces"]),

        // Surface
        module(
            "ControlPlane",
            [
                "Accounts", "AgentCatalogue", "AgentProtocol", "AgentTools", "Cascade", "Credentials", "Gateway", "Limits", "Metering",
                "Processes",
                "Rehearsal", "Sessions",
                "Settings", "Store", "Vault", "Wording", "Workspaces", .crypto, .httpTypes, .hummingbird, .hummingbirdCore, .logging,
                .nioCore,
                .nioHTTP1,
                .nioHTTPTypesHTTP1, .nioPosix, .nioSSL, .serviceLifecycle, .unixSignals, .yams,
            ],
            resources: [.embedInCode("API/openapi.yaml")]),

        // Programs
        program(
            "sam",
            [
                "Accounts", "AgentCatalogue", "AgentProtocol", "ControlPlane", "Credentials", "Metering", "Processes", "Sessions",
                "Settings",
                "Vault", "Wording", "Workspaces",
                .asyncHTTPClient, .logging, .nioCore, .nioHTTP1, .nioPosix, .unixSignals,
            ]),
        program("sam-runner", ["AgentProtocol", "Gathering", "Processes", "RunnerKit", "Wording", .logging]),
        program("sam-scout", ["ScoutKit", "AgentProtocol", "Processes"]),

        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "Accounts", "AgentCatalogue", "AgentDrivers", "AgentProtocol", "Cascade", "Credentials", "Processes", "Store", "Vault",
                "Workspaces", .argumentParser, .asyncHTTPClient, .nioCore, .nioHTTP1, .nioPosix,
            ],
            path: "Benchmarks", exclude: ["run"], swiftSettings: strict),

        // Tests
        .target(name: "Fuzzing", dependencies: ["Wording"], path: "Tests/Fuzzing", swiftSettings: strict),
        tests(of: "Cascade"),
        tests(of: "Store"),
        tests(of: "Processes"),
        tests(of: "Wording", ["Fuzzing", .logging]),
        tests(of: "Limits", [.nioCore, .nioHTTP1, .nioPosix]),
        tests(of: "Accounts", ["Store"]),
        tests(of: "Vault", [.logging]),
        tests(of: "Credentials", ["Accounts", "Cascade", "Fuzzing", "Store", "Vault", .jwtKit]),
        tests(
            of: "Gateway",
            [
                "Accounts", "Credentials", "Fuzzing", "Limits", "Metering", "Settings", "Store", "Vault", .crypto, .logging, .nioCore,
                .nioHTTP1,
                .nioPosix,
                .nioSSL,
            ]),
        tests(of: "Metering", ["Accounts", "Fuzzing", "Store", .logging]),
        tests(of: "Settings", ["Accounts", "Cascade", "Store"]),
        tests(of: "AgentProtocol"),
        tests(of: "AgentDrivers", ["AgentProtocol"]),
        tests(of: "AgentCatalogue", ["AgentProtocol"]),
        tests(of: "RunnerKit", ["AgentDrivers", "AgentProtocol", "Processes", .logging]),
        tests(of: "ScoutKit", ["AgentProtocol", "Processes"]),
        tests(
            of: "Workspaces", ["Accounts", "AgentProtocol", "Fuzzing", "Processes", "Store", "sam-runner", .crypto, .logging]),
        tests(
            of: "Sessions",
            [
                "Accounts", "AgentCatalogue", "AgentProtocol", "Credentials", "Fuzzing", "Gateway", "Metering", "Settings", "Store",
                "Vault",
                "Workspaces", .logging, .nioPosix,
            ]),
        tests(
            of: "ControlPlane",
            [
                "Accounts", "AgentCatalogue", "AgentProtocol", "Credentials", "Gateway", "Limits", "Metering", "Sessions", "Settings",
                "Store",
                "Workspaces",
                "sam-runner",
                .httpTypes, .hummingbird, .logging,
            ]),
        .executableTarget(
            name: "scripted-agent", dependencies: ["AgentProtocol"], path: "Tests/ScriptedAgent", swiftSettings: strict),
        .testTarget(
            name: "SamTests", dependencies: ["sam", "Accounts", "AgentProtocol", "ControlPlane", "Fuzzing", "Sessions", "Wording"],
            swiftSettings: strict),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "sam", "sam-runner", "sam-scout", "scripted-agent", "AgentProtocol", "Fuzzing", "Processes", "Store", "Wording",
                .asyncHTTPClient, .nioCore, .nioHTTP1, .nioPosix, .nioSSL,
            ],
            exclude: ["Clients"], swiftSettings: strict),
    ]
)
