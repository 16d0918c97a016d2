use super::*;

#[test]
fn a_finding_has_its_kind_and_its_place() {
    let text = format!("a ghp_{} b", "Ab1".repeat(12));
    assert_eq!(
        find(&text),
        [Finding {
            kind: "GitHub token",
            span: 2..42
        }]
    );
}

/// A value drawn as by lot, put together here so that no scanner takes this file for a leak.
fn drawn() -> String {
    ["Zk3", "vQ9", "wLx", "7Tb", "1Rn", "Y5d"].concat()
}

fn hex(length: usize) -> String {
    "0f3a9c4e7b".chars().cycle().take(length).collect()
}

#[test]
fn values_are_found_by_what_stands_before_them() {
    let drawn = drawn();
    let hex = hex(40);
    for text in [
        "Authorization: Bearer {D}",
        "authorization: Basic dXNlcjpGQUtFRkFLRUZBS0U=",
        "Proxy-Authorization: Basic dXNlcjpGQUtFRkFLRUZBS0U=",
        "headers = {\"Authorization\": \"Bearer {D}\"}",
        "-H 'X-Api-Key: {D}'",
        "x-goog-api-key: {D}",
        "Cookie: session={D}; theme=dark",
        "Set-Cookie: sid={D}; Path=/; HttpOnly",
        "https://user:{D}@h.example/x.git",
        "https://x-access-token:{D}@h.example/x.git",
        "mongodb+srv://app:{D}@c.example/db",
        "amqp://guest:{D}@h.example",
        "DB_PASSWORD={D}",
        "export API_TOKEN='{D}'",
        "PGPASSWORD={D} psql",
        "{\"password\": \"{D}\"}",
        "{\\\"password\\\": \\\"{D}\\\"}",
        "client_secret: {D}",
        "clientSecret: '{D}',",
        "aws_secret_access_key = {D}{D}",
        "AWS_SECRET_ACCESS_KEY={D}{D}",
        "SecretAccessKey\": \"{D}{D}\"",
        "//registry.example/:_authToken={D}",
        "machine h.example login me password {D}",
        "gimlet --api-key {D} run",
        "tool --password={D} run",
        "curl -u me:{D} https://h.example",
        "docker login -u me -p {D} h.example",
        "mysql -u root -p{D} db",
        "Server=h;User Id=u;Password={D};",
        "https://h.example/cb?access_token={D}&x=1",
        "https://h.example/blob?sv=1&sig={D}%3D&se=2",
        "<password>{D}</password>",
        "api_key: {H}",
        "secret = \"{H}\"",
        "token: 123e4567-e89b-12d3-a456-426614174000",
        "password => '{D}'",
        "datadog_api_key: {H}",
        "SharedAccessKey={D}{D}=;EntityPath=x",
        "    client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFb3dJQkFBS0NBUUVBdGVzdHRlc3R0ZXN0dGVzdHRlc3Q=",
        "123456789:AA{D}{D}",
    ] {
        let text = text.replace("{D}", &drawn).replace("{H}", &hex);
        let shown = redact(&text);
        assert!(shown.contains("[redacted: "), "{text}");
        assert!(!shown.contains(&drawn) && !shown.contains(&hex), "{shown}");
    }
}

#[test]
fn what_only_looks_like_a_secret_stays() {
    for text in [
        "md5 d41d8cd98f00b204e9800998ecf8427e",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "\"integrity\": \"sha512-mQpQbWm5F3kqXlRr3a3x5f6Zq3s0P0e5bq5q7o5fGJd8b6v0dA==\"",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJl3dIeudNqd0DPMRD6OIh65tjkxFNOtGuWSADMn2CcU me@h",
        "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGLyTEaGr7eJXHtw0bM",
        "api_key = <YOUR_API_KEY>",
        "api_key: \"YOUR_API_KEY_HERE\"",
        "API_KEY=your-api-key-here",
        "TOKEN=${TOKEN}",
        "TOKEN=$(gh auth token)",
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "password: {{ vault_password }}",
        "password=\"\"",
        "password:",
        "const token = await getToken();",
        "let token: Option<String> = None;",
        "token = request.headers.get(\"x\")",
        "apiKey: process.env.API_KEY,",
        "secretName: db-credentials-prod",
        "secret_name = \"prod/db/credentials\"",
        "tokenizer: cl100k_base",
        "tokens used: 12345",
        "next_page_token: CAESBkFCQ0RFRhgBIgZBQkNERUY",
        "idempotency_key: 123e4567-e89b-12d3-a456-426614174000",
        "auth: none",
        "auth_type: bearer",
        "git@github.com:org/repo.git",
        "ssh://git@h.example:22/x.git",
        "http://localhost:4873/@scope/pkg",
        "postgres://app@h.example/app",
        "postgres://app:${DB_PASSWORD}@h.example/app",
        "postgres://user:password@localhost/app",
        "https://<user>:<password>@h.example",
        "sk-learn sk-test sk-ant-your-key-here sk-proj-...",
        "npm_package_dependencies_typescript_version_string_value",
        "hf_hub_download hf_transfer_enabled_in_this_environment",
        "xoxb-your-token-goes-here",
        "the Bearer token is required and must be sent with each request",
        "password must be at least 8 characters",
        "PasswordAuthentication no",
        "secret santa: Friday",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9",
        "risk-assessment-for-the-new-building-in-the-north",
        "password: [redacted]",
        "password_hash: argon2id",
        "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeK\n-----END PUBLIC KEY-----",
        "grep -r 'BEGIN RSA PRIVATE KEY' .",
        "if line.startswith(\"-----BEGIN RSA PRIVATE KEY-----\"):",
        "certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUMvakNDQWVhZ0F3SUJBZ0lCQURBTkJna3Foa2lHOXcwQkFRc0ZBREE=",
        "C:\\Users\\me\\token.txt",
        "token_url = \"https://h.example/oauth/token\"",
        "secret: str = Field(...)",
        "pub(crate) access_token: AccessToken,",
        "password: hunter",
        "PASSWORD_MIN_LENGTH=12",
        "key: 3f786850e387550fdab836ed7e6dc881de23001b",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn keys_of_known_forms_are_found_in_any_surroundings() {
    let body = "Ab1".repeat(12);
    for text in [
        "xghp_{B}",
        "\"ghp_{B}\"",
        "=ghp_{B}&",
        "\\nghp_{B}\\n",
        "%3Dghp_{B}",
        "`ghp_{B}`",
        "ghp_{B}ghp_{B}",
        "(npm_{B})",
        "\\nnpm_{B}",
        "\u{1b}[1;31mnpm_{B}\u{1b}[0m",
        "g\u{200b}hp_{B}",
        "gh\u{1b}[0mp_{B}",
        "npm%5F{B}",
        "\\x67hp_{B}",
    ] {
        let text = text.replace("{B}", &body);
        let shown = redact(&text);
        assert!(
            shown.contains("[redacted: ") && !shown.contains("Ab1Ab1Ab1"),
            "{text} {shown}"
        );
    }
}
