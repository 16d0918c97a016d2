use super::*;

fn stamp(hash: &str) -> Stamp {
    Stamp {
        hash: hash.to_owned(),
        size: 1,
        modified_ns: 1,
        whole: true,
    }
}

#[test]
fn the_least_recently_used_content_goes_first() {
    let memory = Memory::holding(10);
    let [a, b, c] = ["/a", "/b", "/c"].map(Path::new);
    memory.keep(a, &stamp("a"), b"1234");
    memory.keep(b, &stamp("b"), b"1234");
    assert_eq!(
        memory.content(a, &stamp("a")).as_deref(),
        Some(b"1234".as_slice())
    );
    memory.keep(c, &stamp("c"), b"1234");
    assert_eq!(memory.content(b, &stamp("b")), None);
    assert!(memory.content(a, &stamp("a")).is_some());
    assert!(memory.content(c, &stamp("c")).is_some());
    assert_eq!(memory.shelf().held_bytes, 8);
}

#[test]
fn content_larger_than_the_memory_is_not_held() {
    let memory = Memory::holding(3);
    memory.keep(Path::new("/a"), &stamp("a"), b"1234");
    assert_eq!(memory.content(Path::new("/a"), &stamp("a")), None);
    assert_eq!(memory.shelf().held_bytes, 0);
}

#[test]
fn content_of_another_state_is_not_given() {
    let memory = Memory::default();
    memory.keep(Path::new("/a"), &stamp("a"), b"1234");
    assert_eq!(memory.content(Path::new("/a"), &stamp("other")), None);
}

#[test]
fn windows_move_with_the_lines_that_edits_add_and_remove() {
    let seen = [
        Window {
            first: 10,
            last: 20,
        },
        Window {
            first: 30,
            last: 40,
        },
    ];
    let spots = [Spot {
        first: 12,
        old_lines: 2,
        new_lines: 5,
    }];
    assert_eq!(
        moved(&seen, &spots),
        [
            Window {
                first: 10,
                last: 23
            },
            Window {
                first: 33,
                last: 43
            }
        ]
    );
    assert_eq!(uncovered(&seen, &spots), None);
    assert_eq!(
        uncovered(
            &seen,
            &[Spot {
                first: 20,
                old_lines: 2,
                new_lines: 1
            }]
        ),
        Some(21)
    );
}
