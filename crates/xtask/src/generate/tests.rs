//! Tests of writing generated files.

use super::*;

#[test]
fn what_is_written_is_current_and_not_written_again() {
    let folder = std::env::temp_dir().join(format!("xtask-gen-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let page = SourceFile::new(
        PROTOCOL_PAGE,
        "# Protocol
",
    );
    let mut repository = Repository {
        root: folder.clone(),
        files: vec![page],
        packages: Vec::new(),
    };
    let written = write(&repository).unwrap();
    assert_eq!(
        written,
        [
            "docs/environment.md",
            "docs/settings.md",
            "docs/settings.schema.json",
            PROTOCOL_PAGE
        ]
    );
    repository.files = written
        .iter()
        .map(|path| SourceFile::new(*path, fs::read_to_string(folder.join(path)).unwrap()))
        .collect();
    assert_eq!(write(&repository).unwrap(), Vec::<&str>::new());
    fs::remove_dir_all(&folder).unwrap();
}
