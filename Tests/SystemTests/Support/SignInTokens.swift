import Foundation

/// A pair of tokens as signing in to ChatGPT gives it.
struct SignInTokens: Sendable {
    let access: String
    let refresh: String

    /// Makes a pair that nobody has.
    ///
    /// - Parameter seconds: from now until the access token has run out; negative when it has already.
    init(expiresIn seconds: Int, of life: Int = 36_000) {
        let end = Int(Date().timeIntervalSince1970) + seconds
        let noise = Data((0..<32).map { _ in UInt8.random(in: 0 ... .max) })
        let parts = [Data(#"{"alg":"RS256","typ":"JWT"}"#.utf8), Data(#"{"iat":\#(end - life),"exp":\#(end)}"#.utf8), noise]
        access = parts.map { part in
            part.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }.joined(separator: ".")
        refresh = "rt_" + (0..<16).map { _ in String(format: "%02x", UInt8.random(in: 0 ... .max)) }.joined()
    }

    /// What nobody may see: the signature is the part of the access token that no other has.
    var secrets: [String] { [access.split(separator: ".").last.map(String.init) ?? access, refresh] }

    /// The same with what tells who signed in, without which Codex does not take it.
    var codexFile: String {
        let claims =
            #"{"sub":"user_1","email":"someone@example.org","https://api.openai.com/auth":{"chatgpt_account_id":"acct_1","chatgpt_plan_type":"plus"}}"#
        let identity = [#"{"alg":"RS256","typ":"JWT"}"#, claims, "signature"].map(Self.encoded).joined(separator: ".")
        return file.replacing(#""account_id""#, with: #""id_token": "\#(identity)", "account_id""#)
    }

    private static func encoded(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The file that Codex keeps them in.
    var file: String {
        """
        {
          "auth_mode": "chatgpt", "OPENAI_API_KEY": null,
          "tokens": {"access_token": "\(access)", "refresh_token": "\(refresh)", "account_id": "acct_1"},
          "last_refresh": "2026-01-01T00:00:00Z"
        }

        """
    }
}
