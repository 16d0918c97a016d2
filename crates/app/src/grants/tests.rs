//! Rules are added once, taken out again, and nothing else of the file changes.

use super::{LocalRules, TrustedIn};
use gimlet_ports::GrantKeeper as _;
use std::{fs, path::Path};

/// The settings of a folder that is trusted for this run.
fn trusted(folder: &Path) -> LocalRules {
    let book = TrustedIn {
        data: folder.join("data"),
        root: folder.to_owned(),
    };
    LocalRules::new(folder, Some(book))
}

#[test]
fn rules_are_saved_once_and_taken_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let rules = trusted(folder.path());
    let path = folder.path().join(".gimlet/settings.local.json");
    assert_eq!(rules.place(), Some(path.display().to_string()));
    let wanted = ["Bash(cargo test:*)".to_owned(), "Bash(make all)".to_owned()];
    rules.keep(&wanted).unwrap();
    rules.keep(&wanted).unwrap();
    let saved: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(saved, serde_json::json!({"permissions": {"allow": wanted}}));
    assert_eq!(rules.remove("Bash(make all)"), Ok(true));
    assert_eq!(rules.remove("Bash(make all)"), Ok(false));
    let left = fs::read_to_string(&path).unwrap();
    assert!(left.contains("cargo test") && !left.contains("make all"));
}

#[test]
fn comments_stay_and_a_broken_file_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".gimlet/settings.local.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let before = "{\n  // mine\n  \"permissions\": { \"allow\": [\"Read(//x)\"] }\n}\n";
    fs::write(&path, before).unwrap();
    let rules = trusted(folder.path());
    rules.keep(&["Bash(ls)".to_owned()]).unwrap();
    let after = fs::read_to_string(&path).unwrap();
    assert!(after.contains("// mine") && after.contains("Read(//x)") && after.contains("Bash(ls)"));
    fs::write(&path, "{").unwrap();
    assert!(rules.keep(&["Bash(ls)".to_owned()]).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "{");
}

#[test]
fn where_the_folder_is_not_trusted_there_is_no_place() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(LocalRules::new(folder.path(), None).place(), None);
}
