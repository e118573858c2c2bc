import Foundation
import NIOCore
import NIOPosix
import ServiceLifecycle
import Wording

/// An address to listen on, and the words for why that fails.
struct ListenAddress {
    let host: String
    /// 0 for any free port.
    let port: Int
    var option = Option.own

    /// The option of `sam serve` that says the address.
    enum Option {
        /// `--host` and `--port`.
        case own
        /// `--remote`.
        case remote
    }

    /// Binds the address and releases it, so that a start that would fail there changes nothing.
    ///
    /// - Throws: ``ServerError``.
    func check() async throws {
        do {
            // To NIO, no host is any host.
            guard !host.isEmpty else { throw unknown(String(cString: gai_strerror(EAI_NONAME))) }
            let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.autoRead, value: false)
                .bind(host: host, port: port).get()
            try await listener.close()
        } catch {
            throw explained(error)
        }
    }

    /// The reason why the address can't be listened on, with the next step, from NIO's error.
    func explained(_ error: any Error) -> ServerError {
        switch error {
        case let error as ServerError: error
        case let error as SocketAddressError.UnknownHost: unknown(error.errorDescription)
        case let error as IOError: explained(errno: error.errnoCode)
        default: ServerError("Nothing can listen on port \(port) of \(host): \(reason(of: error)).")
        }
    }

    private func unknown(_ reason: String) -> ServerError {
        let example = option == .own ? "--host 127.0.0.1" : "--remote 0.0.0.0:\(port)"
        return ServerError("There is no address to listen on for “\(host)”: \(reason). Name one of this machine's: \(example)")
    }

    private var portOption: String { option == .own ? "--port" : "--remote" }

    private func explained(errno number: Int32) -> ServerError {
        switch number {
        case EACCES:
            ServerError("Port \(port) is for root alone. Choose one from 1024 on with \(portOption), and let a proxy of root's lead to it.")
        case EADDRINUSE:
            ServerError(
                "Port \(port) on \(host) is taken. Choose another with \(portOption)\(option == .own ? ", or --port 0 for any" : "").")
        case EADDRNOTAVAIL, EAFNOSUPPORT:
            ServerError("This machine has no address \(host). Name one that it has (ip address), or 0.0.0.0 for all of them.")
        default: ServerError("Nothing can listen on port \(port) of \(host): \(String(cString: strerror(number))).")
        }
    }
}

/// A service that listens on an address, and says why it can't.
struct ListeningService: Service {
    let base: any Service
    let address: ListenAddress

    func run() async throws {
        do {
            try await base.run()
        } catch let error as IOError {
            throw address.explained(error)
        }
    }
}
