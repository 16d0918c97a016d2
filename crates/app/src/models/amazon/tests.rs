use super::{place, region};
use gimlet_providers::AwsLink;
use gimlet_settings::Env;
use std::{fs, path::Path};
use tempfile::TempDir;

const CONFIG: &str = "
[default]
region = eu-west-1

[profile keys]
region=us-east-2 # near
aws_access_key_id = AKIAKEYS
aws_secret_access_key = s/e=c

[profile role]
role_arn = arn:aws:iam::1:role/r
source_profile = keys
external_id = ext

[profile circle]
role_arn = arn:aws:iam::1:role/r
source_profile = round

[profile round]
role_arn = arn:aws:iam::1:role/r
source_profile = circle

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-3

[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Power

[profile printed]
credential_process = printf '{\"AccessKeyId\":\"A\"}'
s3 =
    max_concurrent_requests = 20
";

fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    let folder = home.path().join(".aws/sso/cache");
    fs::create_dir_all(&folder).unwrap();
    fs::write(home.path().join(".aws/config"), CONFIG).unwrap();
    let kept = |end: &str, token: &str| {
        format!(
            r#"{{"startUrl": "https://corp.awsapps.com/start/", "accessToken": "{token}", "expiresAt": "{end}", "region": "eu-west-3"}}"#
        )
    };
    fs::write(
        folder.join("old.json"),
        kept("2026-01-01T00:00:00UTC", "old"),
    )
    .unwrap();
    fs::write(folder.join("new.json"), kept("2027-01-01T00:00:00Z", "new")).unwrap();
    fs::write(folder.join("other.json"), "{}").unwrap();
    home
}

fn found(home: &Path, env: &[(&str, &str)], profile: Option<&str>, day: &str) -> String {
    let home = home.to_str().unwrap();
    let env = Env::of([("HOME", home)].into_iter().chain(env.iter().copied()));
    match place(&env, None, profile, day.parse().unwrap()) {
        Err(why) => why.replace(home, "~"),
        Ok(place) => match place.link {
            AwsLink::Given(keys) => format!("{} {}", place.region, keys.access_key),
            AwsLink::SignedIn {
                account,
                role,
                token,
                region,
                ..
            } => {
                format!(
                    "{} {account} {role} {} in {region}",
                    place.region,
                    token.expose()
                )
            }
            AwsLink::Role {
                from,
                arn,
                external_id,
                ..
            } => {
                format!("{} {arn} {external_id:?} from {from:?}", place.region)
            }
            AwsLink::Container { url, token } => {
                format!("{url} {:?}", token.map(|token| token.expose().to_owned()))
            }
            AwsLink::Process(run) => run().unwrap(),
            link @ (AwsLink::WebIdentity { .. } | AwsLink::Instance { .. }) => {
                format!("{} {link:?}", place.region)
            }
        },
    }
}

const DAY: &str = "2026-11-26T00:00:00Z";

#[test]
fn credentials_are_found_in_the_order_of_amazons_own_tools() {
    let home = home();
    let home = home.path();
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIAENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ];
    let found = |env: &[(&str, &str)], profile| found(home, env, profile, DAY);
    assert_eq!(found(&keys, None), "eu-west-1 AKIAENV");
    assert_eq!(found(&keys, Some("keys")), "us-east-2 AKIAKEYS");
    let profile = |name| [("AWS_PROFILE", name)];
    assert_eq!(found(&profile("keys"), None), "us-east-2 AKIAKEYS");
    assert_eq!(
        found(
            &[("AWS_PROFILE", "role"), ("AWS_REGION", "eu-north-1")],
            None
        ),
        "eu-north-1 arn:aws:iam::1:role/r Some(\"ext\") from access keys"
    );
    let in_region = |name| [("AWS_PROFILE", name), ("AWS_DEFAULT_REGION", "eu-south-1")];
    assert_eq!(
        found(&in_region("sso"), None),
        "eu-south-1 123456789012 Power new in eu-west-3"
    );
    assert_eq!(found(&in_region("printed"), None), r#"{"AccessKeyId":"A"}"#);
    assert_eq!(
        found(&in_region("circle"), None),
        "the AWS profile `circle` names itself as its source"
    );
    assert_eq!(
        found(&in_region("nobody"), None),
        "there is no AWS profile `nobody` in ~/.aws/config or ~/.aws/credentials"
    );
    assert_eq!(
        found(
            &[
                ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "t")
            ],
            None
        ),
        "http://169.254.170.2/v2/x Some(\"t\")"
    );
    let token = home.join("token");
    fs::write(&token, "web").unwrap();
    let path = token.to_str().unwrap();
    assert_eq!(
        found(
            &[
                ("AWS_WEB_IDENTITY_TOKEN_FILE", path),
                ("AWS_ROLE_ARN", "arn")
            ],
            None
        ),
        "eu-west-1 a web identity"
    );
    assert_eq!(found(&[], None), "eu-west-1 the instance's role");
}

#[test]
fn a_sign_in_that_is_over_says_what_to_run() {
    let home = home();
    let env = [("AWS_PROFILE", "sso"), ("AWS_REGION", "eu-south-1")];
    assert_eq!(
        found(home.path(), &env, None, "2027-02-01T00:00:00Z"),
        "the sign-in for https://corp.awsapps.com/start is missing or over; run `aws sso login --profile sso`"
    );
    let env = Env::of([("HOME", home.path().to_str().unwrap())]);
    assert_eq!(region(&env, Some("given"), None).unwrap(), "given");
}
