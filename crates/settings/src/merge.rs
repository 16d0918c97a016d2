//! Lays a stronger layer over a weaker one.

use crate::{
    repository::join,
    tree::{Data, Tree},
};

/// Keys whose strongest value counts as a whole, though it is a list.
const WHOLE: [&str; 1] = ["fallbackModel"];

/// Objects merge key by key, lists are put one after the other without repeats, and of
/// anything else the stronger counts.
pub(crate) fn merge(weak: Tree, strong: Tree) -> Tree {
    merge_at(weak, strong, "")
}

fn merge_at(weak: Tree, strong: Tree, path: &str) -> Tree {
    let source = strong.source.clone();
    let data = match (weak.data, strong.data) {
        (Data::Object(mut members), Data::Object(stronger)) => {
            for member in stronger {
                let path = join(path, &member.key);
                match members.iter_mut().find(|known| known.key == member.key) {
                    Some(known) => {
                        let hole = Tree {
                            data: Data::Null,
                            source: source.clone(),
                        };
                        let weak = std::mem::replace(&mut known.value, hole);
                        known.value = merge_at(weak, member.value, &path);
                        known.key_source = member.key_source;
                    }
                    None => members.push(member),
                }
            }
            Data::Object(members)
        }
        (Data::List(items), Data::List(stronger)) if !WHOLE.contains(&path) => {
            Data::List(joined(items, stronger))
        }
        (_, data) => data,
    };
    Tree { data, source }
}

/// Of two equal items the first place and the stronger source count.
fn joined(items: Vec<Tree>, stronger: Vec<Tree>) -> Vec<Tree> {
    let mut all: Vec<Tree> = Vec::with_capacity(items.len() + stronger.len());
    for item in items.into_iter().chain(stronger) {
        let value = item.to_value();
        match all.iter_mut().find(|known| known.to_value() == value) {
            Some(known) => known.source = item.source,
            None => all.push(item),
        }
    }
    all
}

#[cfg(test)]
mod tests;
