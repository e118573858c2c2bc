// swift-tools-version: 6.2
import PackageDescription

// One package, one target a module. The rows follow docs/architecture.md from the ground up:
// a module depends only on rows below its own, so the compiler keeps the walls.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: ["README.md"], resources: resources, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies + [.argumentParser],
        exclude: ["README.md"],
        swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name)] + dependencies,
        swiftSettings: strict)
}

/// Tests of the built programs from outside. Each target is a step of `make test`: what keeps both cores busy, or measures against a
/// limit of seconds, runs by itself.
func systemTests(_ name: String, in folder: String) -> Target {
    .testTarget(
        name: name,
        dependencies: [
            "SystemSupport", "sam", "API", "AgentProtocol", "Fuzzing", "Processes", "Store", "TestSupport", "Wording",
            .asyncHTTPClient, .nioCore, .nioHTTP1, .nioPosix, .nioSSL,
        ],
        path: "Tests/SystemTests/\(folder)", swiftSettings: strict)
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
    static let metrics = product(name: "Metrics", package: "swift-metrics")
    static let metricsTestKit = product(name: "MetricsTestKit", package: "swift-metrics")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioHTTPCompression = product(name: "NIOHTTPCompression", package: "swift-nio-extras")
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
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
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
        module("Store", ["CPostgres", "Wording", .grdb, .metrics]),
        module("Vault", ["Wording", .crypto]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CBrotli", providers: [.apt(["libbrotli-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CSeccomp", providers: [.apt(["libseccomp-dev"])]),
        .target(name: "CProcesses", exclude: ["README.md"]),
        module("Processes", ["CProcesses", "Wording", .subprocess]),
        module("Tunnels", [.nioCore]),
        module("Wording", [.logging]),
        module("Limits", [.nioCore, .nioHTTP1]),

        // Facts
        module("Accounts", ["Store", "Wording", .crypto]),
        module("Credentials", ["Accounts", "Cascade", "Store", "Vault", "Wording", .jwtKit, .logging]),
        module(
            "Metering", ["Accounts", "Cascade", "CBrotli", "CZlib", "CZstd", "Store", "Wording", .logging, .yams],
            resources: [.embedInCode("Prices/prices.yaml")]),
        module("Settings", ["Accounts", "Cascade", "Store", "Wording"]),
        module("AgentProtocol", ["Processes"]),
        module("Sandbox", ["CSeccomp", "Processes", "Wording"]),

        // Means
        module(
            "AgentCatalogue", ["AgentProtocol", "Credentials", "Wording", .yams],
            resources: [.embedInCode("agents.yaml")]),
        module("AgentDrivers", ["AgentProtocol", "Wording"]),
        module(
            "Gateway",
            [
                "Accounts", "AgentProtocol", "Credentials", "Limits", "Metering", "Settings", "Store", "Tunnels", "Vault", "Wording",
                .crypto, .nioCore,
                .nioHTTP1, .nioHTTPCompression,
                .nioPosix, .nioSSL, .nioTLS,
            ]),
        module(
            "Rehearsal", ["AgentProtocol", "Limits", .httpTypes, .hummingbird, .logging, .yams],
            resources: [.embedInCode("Script/rehearsal.yaml")]),
        module(
            "RunnerKit",
            [
                "AgentDrivers", "AgentProtocol", "Processes", "Sandbox", "Tunnels", "Wording", .asyncHTTPClient, .logging, .nioCore,
                .nioHTTP1,
                .nioPosix,
                .nioSSL,
            ]),
        module("ScoutKit", ["AgentProtocol", "Processes", "Wording"]),
        module("Gathering", ["Processes", "Wording"]),
        module("Workspaces", ["Accounts", "AgentProtocol", "Gathering", "Processes", "Sandbox", "Wording", .logging]),

        // Work
        module(
            "Sessions",
            [
                "Accounts", "AgentCatalogue", "AgentProtocol", "Cascade", "Credentials", "Gateway", "Processes", "Sandbox", "Settings",
                "Store",
                "Vault",
                "Wording",
                "Workspaces",
                .crypto,
                .logging,
                .metrics,
            ]),

        module("AgentTools", ["AgentProtocol", "Sessions", "Workspaces"]),

        // Surface
        module(
            "API",
            [
                "Accounts", "AgentCatalogue", "AgentProtocol", "Cascade", "Credentials", "Gateway", "Metering", "Sessions", "Settings",
                "Store", "Vault", "Wording", "Workspaces", .asyncHTTPClient, .httpTypes, .nioCore, .nioHTTP1, .nioPosix,
            ]),
        module(
            "ControlPlane",
            [
                "API", "Accounts", "AgentCatalogue", "AgentProtocol", "AgentTools", "Cascade", "Credentials", "Gateway", "Limits",
                "Metering",
                "Processes",
                "Rehearsal", "Sessions",
                "Settings", "Store", "Vault", "Wording", "Workspaces", .crypto, .httpTypes, .hummingbird, .hummingbirdCore, .logging,
                .metrics,
                .nioCore,
                .nioHTTP1,
                .nioHTTPTypesHTTP1, .nioPosix, .nioSSL, .serviceLifecycle, .unixSignals, .yams,
            ],
            resources: [.embedInCode("API/openapi.yaml")]),

        // Programs
        program(
            "sam",
            [
                "API", "Accounts", "AgentCatalogue", "AgentProtocol", "Cascade", "ControlPlane", "Credentials", "Metering", "Processes",
                "Sandbox",
                "Sessions",
                "Settings",
                "Vault", "Wording", "Workspaces",
                .asyncHTTPClient, .logging, .nioCore, .nioHTTP1, .nioPosix, .unixSignals,
            ]),
        program("sam-runner", ["AgentProtocol", "Gathering", "Processes", "RunnerKit", "Wording", .logging, .unixSignals]),
        program("sam-scout", ["ScoutKit", "AgentProtocol", "Processes"]),

        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "API", "Accounts", "AgentCatalogue", "AgentDrivers", "AgentProtocol", "Cascade", "Credentials", "Processes", "Store",
                "Vault",
                "Workspaces", .argumentParser, .asyncHTTPClient, .nioCore, .nioHTTP1, .nioPosix,
            ],
            path: "Benchmarks", exclude: ["run"], swiftSettings: strict),

        // Tests
        .target(name: "Fuzzing", dependencies: ["Wording"], path: "Tests/Fuzzing", swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: [.hummingbird, .logging, .nioCore, .nioHTTP1, .nioHTTPTypesHTTP1],
            path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
        tests(of: "API", ["AgentProtocol", "TestSupport", .hummingbird, .nioHTTP1]),
        tests(of: "Cascade"),
        tests(of: "Store", ["Processes", "Wording", .grdb]),
        tests(of: "Processes"),
        tests(of: "Wording", ["Fuzzing", .logging]),
        tests(of: "Limits", [.nioCore, .nioHTTP1, .nioPosix]),
        tests(of: "Accounts", ["Store"]),
        tests(of: "Vault", [.logging]),
        tests(of: "Credentials", ["Accounts", "Cascade", "Fuzzing", "Store", "TestSupport", "Vault", .jwtKit, .logging]),
        tests(
            of: "Gateway",
            [
                "Accounts", "CBrotli", "CZlib", "CZstd", "Credentials", "Fuzzing", "Limits", "Metering", "Settings", "Store",
                "TestSupport", "Vault", .crypto, .logging, .nioCore,
                .nioHTTP1,
                .nioPosix,
                .nioSSL,
            ]),
        tests(of: "Metering", ["Accounts", "CBrotli", "CZlib", "CZstd", "Fuzzing", "Store", "TestSupport", .logging]),
        tests(of: "Settings", ["Accounts", "Cascade", "Store"]),
        tests(of: "AgentProtocol"),
        tests(of: "Sandbox", ["Processes"]),
        tests(of: "AgentDrivers", ["AgentProtocol"]),
        tests(of: "AgentCatalogue", ["AgentProtocol"]),
        tests(of: "RunnerKit", ["AgentDrivers", "AgentProtocol", "Processes", "Sandbox", "TestSupport", .logging]),
        tests(of: "ScoutKit", ["AgentProtocol", "Processes"]),
        tests(
            of: "Workspaces",
            ["Accounts", "AgentProtocol", "Fuzzing", "Processes", "Sandbox", "Store", "TestSupport", "sam-runner", .crypto, .logging]),
        tests(
            of: "Sessions",
            [
                "Accounts", "AgentCatalogue", "AgentProtocol", "Credentials", "Fuzzing", "Gateway", "Metering", "Settings", "Store",
                "Vault",
                "Workspaces", .logging, .metricsTestKit, .nioPosix,
            ]),
        tests(
            of: "ControlPlane",
            [
                "API", "Accounts", "AgentCatalogue", "AgentProtocol", "Credentials", "Gateway", "Limits", "Metering", "Processes",
                "Sandbox",
                "Sessions", "Settings", "Store", "TestSupport", "Vault", "Wording", "Workspaces", "sam-runner",
                .httpTypes, .hummingbird, .hummingbirdCore, .logging, .metrics, .nioCore, .nioPosix,
            ]),
        .executableTarget(
            name: "scripted-agent", dependencies: ["AgentProtocol"], path: "Tests/ScriptedAgent", swiftSettings: strict),
        .executableTarget(
            name: "sam-elsewhere",
            dependencies: [
                "Accounts", "AgentProtocol", "ControlPlane", "Processes", "Sandbox", "Wording", "Workspaces", .logging,
            ],
            path: "Tests/Elsewhere", swiftSettings: strict),
        .testTarget(
            name: "SamTests",
            dependencies: ["sam", "API", "Accounts", "AgentProtocol", "Fuzzing", "Sessions", "Wording", .argumentParser],
            swiftSettings: strict),
        .target(
            name: "SystemSupport",
            dependencies: [
                "sam", "sam-elsewhere", "sam-runner", "sam-scout", "scripted-agent", "API", "AgentProtocol", "Fuzzing", "Processes",
                "Store",
                "TestSupport", "Wording",
                .asyncHTTPClient, .httpTypes, .hummingbird, .nioCore, .nioHTTP1, .nioPosix, .nioSSL,
            ],
            path: "Tests/SystemTests/Support", swiftSettings: strict),
        systemTests("SystemTests", in: "General"),
        systemTests("AgentSystemTests", in: "Agents"),
        systemTests("CoderSystemTests", in: "Coders"),
        systemTests("GatewaySystemTests", in: "Gateway"),
        systemTests("BrokerSystemTests", in: "Broker"),
        systemTests("CrashSystemTests", in: "Crashes"),
        systemTests("PersonSystemTests", in: "Person"),
        systemTests("APISystemTests", in: "API"),
        systemTests("FloodSystemTests", in: "Floods"),
    ]
)
