import ArgumentParser
import Foundation
import Processes

/// Something that stands between a client and the model.
enum GatewayPeer: String, CaseIterable {
    /// Nothing does: the client speaks to the model.
    case direct
    case nginx
    case sam = "SAM"
    case litellm = "LiteLLM"
}

/// A peer that runs, pinned to one core.
struct RunningPeer {
    let peer: GatewayPeer
    /// Where each answer is to be had.
    let targets: [ModelAnswer: Target]
    /// Its processes, as long as it runs.
    let processes: [pid_t]

    struct Target {
        var port: Int
        var path: String
        var key: String
        /// What the model is called there.
        var model: String

        /// A request of about so many bytes.
        func request(_ bytes: Int, streams: Bool) -> (headers: [String: String], body: String) {
            let opening = #"{"model":"\#(model)","max_tokens":500,"stream":\#(streams),"messages":[{"role":"user","content":""#
            let text = String(repeating: "x", count: max(1, bytes - opening.utf8.count - 4))
            return (["authorization": "Bearer \(key)", "content-type": "application/json"], opening + text + #""}]}"#)
        }
    }

    func stop() {
        for process in processes { kill(process, SIGTERM) }
    }

    /// Their proportional set size, in bytes.
    func memory() throws -> Int {
        try processes.flatMap(Self.family).map(SessionMemory.proportionalSetSize).reduce(0, +)
    }

    /// A process and its children.
    private static func family(_ process: pid_t) -> [pid_t] {
        let children = (try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)) ?? ""
        return [process] + children.split(separator: " ").compactMap { pid_t($0) }
    }
}

/// Starts the peers, each with the same models behind it.
struct PeerStarter {
    let scratch: String
    /// The model's ports.
    let models: [ModelAnswer: Int]
    /// The `litellm` program; `nil` leaves it out.
    let litellm: String?
    /// The core on which they run.
    let core: Int

    func start(_ peer: GatewayPeer) async throws -> RunningPeer? {
        switch peer {
        case .direct:
            return RunningPeer(
                peer: peer, targets: models.mapValues { .init(port: $0, path: "/v1/messages", key: "none", model: "whole") }, processes: [])
        case .nginx: return try await nginx()
        case .sam: return try await sam()
        case .litellm: return try await litellm.asyncMap { try await self.litellm($0) }
        }
    }

    private func detach(_ program: String, _ arguments: [String], _ more: [String: String] = [:]) throws -> pid_t {
        let environment = ProcessInfo.processInfo.environment.merging(more) { $1 }
        return try Command(
            "/usr/bin/taskset", ["-c", "\(core)", program] + arguments, environment: environment, workingDirectory: scratch
        ).detach(log: scratch + "/peers.log")
    }

    private func nginx() async throws -> RunningPeer {
        let port = try BlockingSocket.bindAnyPort()
        let file = scratch + "/nginx.conf"
        let upstreams = models.map { way, port in
            "upstream \(way.rawValue) { server 127.0.0.1:\(port); keepalive 256; keepalive_requests 1000000000; }"
        }
        let locations = models.keys.map { way in
            "location /\(way.rawValue)/ { proxy_pass http://\(way.rawValue)/; }"
        }
        try """
        daemon off; worker_processes 1; worker_rlimit_nofile 65536; pid \(scratch)/nginx.pid; error_log \(scratch)/nginx.log;
        events { worker_connections 24000; }
        http {
            access_log off; client_max_body_size 0; keepalive_requests 1000000000; tcp_nodelay on;
            client_body_temp_path \(scratch)/body; proxy_temp_path \(scratch)/proxy; fastcgi_temp_path \(scratch)/fastcgi;
            uwsgi_temp_path \(scratch)/uwsgi; scgi_temp_path \(scratch)/scgi;
            proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off;
            proxy_read_timeout 3600s;
            \(upstreams.joined(separator: "\n    "))
            server { listen 127.0.0.1:\(port) backlog=8192; \(locations.joined(separator: " ")) }
        }
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let process = try detach("/usr/sbin/nginx", ["-c", file, "-e", scratch + "/nginx.log"])
        try await answers(port)
        return RunningPeer(
            peer: .nginx,
            targets: Dictionary(
                uniqueKeysWithValues: models.keys.map {
                    ($0, .init(port: port, path: "/\($0.rawValue)/v1/messages", key: "none", model: "whole"))
                }),
            processes: [process])
    }

    private func sam() async throws -> RunningPeer {
        let port = try BlockingSocket.bindAnyPort()
        let installation = Installation(home: scratch + "/sam-\(port)")
        try FileManager.default.createDirectory(atPath: installation.home, withIntermediateDirectories: true)
        let process = try detach(Program.ownFolder + "/sam", ["serve", "--port", "\(port)"], ["SAM_HOME": installation.home])
        try await answers(port)
        for (way, model) in models {
            let name = "custom-\(way.rawValue)"
            try await installation.sam("providers", "set", name, "http://127.0.0.1:\(model)", "--format", "anthropic", "--allow-private")
            try await installation.sam("credentials", "set", name, input: "sk-benchmark-0123456789")
        }
        let key = try await installation.sam("keys", "create", "--name", "benchmark").trimmingCharacters(in: .whitespacesAndNewlines)
        return RunningPeer(
            peer: .sam,
            targets: Dictionary(
                uniqueKeysWithValues: models.keys.map {
                    ($0, .init(port: port, path: "/gateway/custom/\($0.rawValue)/v1/messages", key: key, model: "whole"))
                }), processes: [process])
    }

    private func litellm(_ program: String) async throws -> RunningPeer {
        let port = try BlockingSocket.bindAnyPort()
        let entries = models.map { way, port in
            "  - {model_name: \(way.rawValue), litellm_params: {model: anthropic/claude-haiku-4-5, api_base: \"http://127.0.0.1:\(port)\", api_key: sk-benchmark}}"
        }
        try """
        model_list:
        \(entries.joined(separator: "\n"))
        general_settings: {master_key: sk-benchmark}
        litellm_settings: {telemetry: false}
        """.write(toFile: scratch + "/litellm.yaml", atomically: true, encoding: .utf8)
        let process = try detach(
            program, ["--config", scratch + "/litellm.yaml", "--host", "127.0.0.1", "--port", "\(port)", "--num_workers", "1"],
            ["LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"])
        try await answers(port, within: 120)
        return RunningPeer(
            peer: .litellm,
            targets: Dictionary(
                uniqueKeysWithValues: models.keys.map {
                    ($0, .init(port: port, path: "/v1/messages", key: "sk-benchmark", model: $0.rawValue))
                }), processes: [process])
    }

    private func answers(_ port: Int, within seconds: Int = 20) async throws {
        for _ in 0..<(seconds * 20) {
            if (try? BlockingSocket(port: port)) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ValidationError("Nothing listens on port \(port); see \(scratch)/peers.log.")
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
