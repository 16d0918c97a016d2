//! Amazon's keys and signatures.

use super::{clock, keys};
use crate::asking::{end, hello};
use gimlet_ports::{Failure, ModelEnd};
use gimlet_providers::{
    AwsChain, AwsKeys, AwsLink, AwsSource, Bedrock, BedrockOptions, Freshness, Secret, TokenFault,
};
use gimlet_testkit::sse::{Reply, Said, Server, Wire};
use serde_json::json;
use std::sync::Arc;

fn model(server: &Server, link: AwsLink) -> Arc<dyn gimlet_ports::Model> {
    Bedrock::new(BedrockOptions {
        provider: "bedrock".to_owned(),
        base_url: Some(server.url()),
        region: "us-east-1".to_owned(),
        keys: Some((Arc::new(AwsChain::new(link, clock())), clock())),
        ..BedrockOptions::default()
    })
    .model("us.meta.llama4-v1:0")
}

/// Keys as the services of containers and machines lend them.
fn lent() -> Reply {
    Reply::json(
        200,
        &json!({"AccessKeyId": "ASIALENT", "SecretAccessKey": "lent-secret", "Token": "lent-session-token", "Expiration": "2026-11-26T18:00:00Z"}),
    )
}

async fn given(link: AwsLink) -> (String, String, Option<String>) {
    let chain = AwsChain::new(link, clock());
    let keys = chain.keys(Freshness::Kept).await.unwrap();
    told(keys)
}

fn told(keys: AwsKeys) -> (String, String, Option<String>) {
    (
        keys.access_key,
        keys.secret_key.expose().to_owned(),
        keys.session_token.map(|token| token.expose().to_owned()),
    )
}

#[tokio::test]
async fn each_place_gives_its_keys() {
    let server = Server::start().await.unwrap();
    let token = Reply::raw(200, "text/plain", "imds-token");
    server.serve("/latest/api/token", token);
    let list = "/latest/meta-data/iam/security-credentials/";
    server.serve(list, Reply::raw(200, "text/plain", "my-role\n"));
    server.serve(&format!("{list}my-role"), lent());
    server.serve("/creds", lent());
    let portal = json!({"roleCredentials": {"accessKeyId": "ASIALENT", "secretAccessKey": "lent-secret", "sessionToken": "lent-session-token", "expiration": 1_800_000_000_000_u64}});
    server.serve("/federation/credentials", Reply::json(200, &portal));
    let xml = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIALENT</AccessKeyId><SecretAccessKey>lent-secret</SecretAccessKey><SessionToken>lent-session-token</SessionToken><Expiration>2026-11-26T18:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
    server.serve("/", Reply::raw(200, "text/xml", xml));
    let expected = (
        "ASIALENT".to_owned(),
        "lent-secret".to_owned(),
        Some("lent-session-token".to_owned()),
    );
    let address = Some(server.url());
    let links = [
        AwsLink::Instance {
            address: address.clone(),
        },
        AwsLink::Container {
            url: format!("{}/creds", server.url()),
            token: Some(Secret::new("container-token")),
        },
        AwsLink::SignedIn {
            region: "eu-west-1".to_owned(),
            account: "123456789012".to_owned(),
            role: "Power User".to_owned(),
            token: Secret::new("sso-token"),
            address: address.clone(),
        },
        AwsLink::Role {
            from: Box::new(AwsLink::Given(keys())),
            arn: "arn:aws:iam::1:role/r".to_owned(),
            external_id: Some("x y".to_owned()),
            region: "eu-west-1".to_owned(),
            address: address.clone(),
        },
        AwsLink::WebIdentity {
            token: Arc::new(|| Ok("web-token".to_owned())),
            arn: "arn:aws:iam::1:role/r".to_owned(),
            region: "eu-west-1".to_owned(),
            address,
        },
        AwsLink::Process(Arc::new(|| {
            Ok(r#"{"Version": 1, "AccessKeyId": "ASIALENT", "SecretAccessKey": "lent-secret", "SessionToken": "lent-session-token"}"#.to_owned())
        })),
    ];
    for link in links {
        let name = link.name();
        assert_eq!(given(link).await, expected, "{name}");
    }
    let others = server.others();
    let asked: Vec<(&str, &str)> = others
        .iter()
        .map(|request| (request.method.as_str(), request.path.as_str()))
        .collect();
    assert_eq!(
        asked,
        [
            ("PUT", "/latest/api/token"),
            ("GET", "/latest/meta-data/iam/security-credentials/"),
            ("GET", "/latest/meta-data/iam/security-credentials/my-role"),
            ("GET", "/creds"),
            (
                "GET",
                "/federation/credentials?role_name=Power%20User&account_id=123456789012"
            ),
            ("POST", "/"),
            ("POST", "/"),
        ]
    );
    assert_eq!(
        others[1].header("x-aws-ec2-metadata-token"),
        Some("imds-token")
    );
    assert_eq!(others[3].header("authorization"), Some("container-token"));
    assert_eq!(
        others[4].header("x-amz-sso_bearer_token"),
        Some("sso-token")
    );
    let role = &others[5];
    assert!(
        role.text()
            .ends_with("&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&ExternalId=x%20y")
    );
    let signed = role.header("authorization").unwrap();
    let start = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261126/eu-west-1/sts/aws4_request, ";
    assert!(signed.starts_with(start), "{signed}");
    assert_eq!(others[6].header("authorization"), None);
}

#[tokio::test]
async fn lent_keys_are_kept_until_shortly_before_their_end_and_renewed_when_refused() {
    let server = Server::start().await.unwrap();
    server.serve("/creds", lent());
    let link = AwsLink::Container {
        url: format!("{}/creds", server.url()),
        token: None,
    };
    let model = model(&server, link);
    for _ in 0..2 {
        server.answer(Wire::Converse.reply(&Said::text("ok")));
        assert_eq!(end(&*model, hello()).await, ModelEnd::Complete);
    }
    assert_eq!(server.others().len(), 1);
    let expired = Reply::json(403, &json!({"message": "lent-session-token is expired"}))
        .header("x-amzn-errortype", "ExpiredTokenException");
    server.answer(expired.clone());
    server.answer(expired);
    let ModelEnd::Failed { class, text, .. } = end(&*model, hello()).await else {
        panic!("the keys are over")
    };
    assert_eq!(class, Failure::Credentials);
    assert!(text.ends_with("[redacted] is expired"), "{text}");
    assert_eq!((server.requests().len(), server.others().len()), (4, 2));
    let request = server.requests().remove(0);
    assert_eq!(request.path, "/model/us.meta.llama4-v1%3A0/converse-stream");
    assert_eq!(
        request.header("x-amz-security-token"),
        Some("lent-session-token")
    );
    super::hand_over(&server, "lent");
}

#[tokio::test]
async fn a_service_that_is_not_there_is_given_up_and_says_what_to_do() {
    // Nothing listens there: the address is documentation's own.
    let closed = Server::start().await.unwrap();
    let address = closed.url();
    drop(closed);
    let chain = AwsChain::new(
        AwsLink::Instance {
            address: Some(address),
        },
        clock(),
    );
    let fault = chain.keys(Freshness::Kept).await.unwrap_err();
    let TokenFault::Denied(text) = fault else {
        panic!("{fault:?}")
    };
    assert!(
        text.starts_with("there are no AWS credentials: no variables, no profile, and the instance's metadata service: "),
        "{text}"
    );
}

#[tokio::test]
async fn a_key_for_bedrock_alone_goes_out_as_a_bearer() {
    let server = Server::start().await.unwrap();
    server.answer(Wire::Converse.reply(&Said::text("ok")));
    let model = Bedrock::new(BedrockOptions {
        provider: "bedrock".to_owned(),
        base_url: Some(server.url()),
        region: "us-east-1".to_owned(),
        key: Some(Secret::new("bedrock-api-key-x")),
        keys: Some(super::signer()),
        ..BedrockOptions::default()
    })
    .model("amazon.nova-pro-v1:0");
    assert_eq!(end(&*model, hello()).await, ModelEnd::Complete);
    let request = server.requests().remove(0);
    assert_eq!(
        request.header("authorization"),
        Some("Bearer bedrock-api-key-x")
    );
    assert_eq!(request.header("x-amz-date"), None);
}
