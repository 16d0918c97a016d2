//! A second, independent reading of a command line; where the two differ, a person is asked.

use std::{cell::RefCell, collections::BTreeSet};
use tree_sitter::{Node, Parser};

thread_local! {
    static PARSER: RefCell<Option<Parser>> = RefCell::new({
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_bash::LANGUAGE.into()).is_ok().then_some(parser)
    });
}

/// True when the second reading is clean and finds the same commands by name.
pub(crate) fn agrees(command: &str, spelled: &[String]) -> bool {
    PARSER.with_borrow_mut(|parser| {
        let Some(tree) = parser
            .as_mut()
            .and_then(|parser| parser.parse(command, None))
        else {
            return false;
        };
        let root = tree.root_node();
        if root.has_error() {
            return false;
        }
        let mut found = BTreeSet::new();
        names(root, command, &mut found);
        let tests = ["[", "test"];
        let ours: BTreeSet<&str> = spelled
            .iter()
            .map(String::as_str)
            .filter(|name| !tests.contains(name))
            .collect();
        found.retain(|name| !tests.contains(name));
        found == ours
    })
}

fn names<'t>(root: Node<'_>, text: &'t str, found: &mut BTreeSet<&'t str>) {
    let mut todo = vec![root];
    while let Some(node) = todo.pop() {
        if node.kind() == "command_name" {
            found.extend(text.get(node.byte_range()));
        }
        let mut cursor = node.walk();
        todo.extend(node.children(&mut cursor));
    }
}
