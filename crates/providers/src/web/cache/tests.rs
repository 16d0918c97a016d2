//! What is kept, and for how long.

use super::{BYTES, Cache, KEPT};
use gimlet_ports::WebPage;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

fn page(bytes: usize) -> Arc<WebPage> {
    Arc::new(WebPage {
        url: String::new(),
        status: 200,
        status_text: "OK".to_owned(),
        content_type: None,
        body: vec![0; bytes],
        hops: Vec::new(),
    })
}

#[test]
fn a_page_is_kept_for_a_quarter_of_an_hour() {
    let now = Instant::now();
    let mut cache = Cache::default();
    cache.put("a".to_owned(), page(1), now);
    let last = KEPT.checked_sub(Duration::from_millis(1)).unwrap();
    assert_eq!(cache.get("a", now + last), Some(page(1)));
    assert_eq!(cache.get("b", now + last), None);
    assert_eq!(cache.get("a", now + KEPT), None);
    assert!(cache.0.is_empty());
}

#[test]
fn the_oldest_pages_make_room() {
    let now = Instant::now();
    let mut cache = Cache::default();
    for name in ["a", "b", "a", "c"] {
        cache.put(name.to_owned(), page(BYTES / 3), now);
    }
    assert_eq!(cache.get("b", now), None);
    assert!(cache.get("a", now).is_some());
    assert!(cache.get("c", now).is_some());
    cache.put("d".to_owned(), page(BYTES + 1), now);
    assert_eq!(cache.get("d", now), None);
}
