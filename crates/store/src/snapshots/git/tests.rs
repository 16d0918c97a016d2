//! Tests of what git holds.

use super::Attributes;

#[test]
fn only_patterns_that_convert_count_and_unknown_ones_match_everything() {
    let mut attributes = Attributes::default();
    attributes.read(b"# text\n*.png -text diff\n*.sh text eol=lf\ndocs/*.md filter=x\n");
    assert!(attributes.may_convert(b"a/run.sh"));
    assert!(attributes.may_convert(b"docs/a.md"));
    assert!(!attributes.may_convert(b"a.png"));
    assert!(!attributes.may_convert(b"src/a.rs"));
    let mut odd = Attributes::default();
    odd.read(b"[a-c]?.x ident\n");
    assert!(odd.may_convert(b"anything"));
    let mut own = Attributes::default();
    own.read(b"[attr]mine text\n");
    assert!(own.may_convert(b"anything"));
}
