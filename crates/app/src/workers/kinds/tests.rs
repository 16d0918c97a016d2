use super::Kinds;

#[test]
fn the_built_in_kinds_are_there_and_their_lines_are_short() {
    let kinds = Kinds::built_in();
    let names: Vec<&str> = kinds.kinds.iter().map(|kind| kind.name.as_str()).collect();
    assert_eq!(names, ["explore", "plan", "general"]);
    let told: usize = kinds
        .told()
        .iter()
        .map(|kind| kind.name.len() + kind.about.len() + 4)
        .sum();
    assert!(told < 250, "{told} bytes");
    for name in ["explore", "plan"] {
        let kind = kinds.get(name).unwrap();
        for tool in ["Write", "Edit", "Bash", "Agent", "ApplyPatch"] {
            assert!(!kind.has(tool), "{name} has {tool}");
        }
    }
}
