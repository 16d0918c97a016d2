//! Bodies, packed and unpacked, at their limits.

use super::{Unfit, Unpack};
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use std::io::Write as _;

const LIMIT: usize = 1_000;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn unpacked(encoding: Option<&str>, packed: &[u8]) -> Result<Vec<u8>, Unfit> {
    let mut unpack = Unpack::of(encoding, LIMIT).unwrap();
    for piece in packed.chunks(7) {
        unpack.push(piece)?;
    }
    unpack.finish()
}

#[test]
fn a_body_is_taken_up_to_the_limit_however_it_is_packed() {
    let full = vec![b'x'; LIMIT];
    let over = vec![b'x'; LIMIT + 1];
    let mut deflate = ZlibEncoder::new(Vec::new(), Compression::fast());
    deflate.write_all(&full).unwrap();
    let deflate = deflate.finish().unwrap();
    assert_eq!(unpacked(None, &full), Ok(full.clone()));
    assert_eq!(unpacked(Some("Identity"), &over), Err(Unfit::TooLarge));
    assert_eq!(unpacked(Some("gzip"), &gzip(&full)), Ok(full.clone()));
    assert_eq!(unpacked(Some("gzip"), &gzip(&over)), Err(Unfit::TooLarge));
    assert_eq!(unpacked(Some("deflate"), &deflate), Ok(full));
}

#[test]
fn a_bomb_is_let_go_of_at_the_limit() {
    let bomb = gzip(&vec![0; 2 << 20]);
    let mut unpack = Unpack::of(Some("gzip"), LIMIT).unwrap();
    assert_eq!(unpack.push(&bomb), Err(Unfit::TooLarge));
}

#[test]
fn several_members_are_one_body() {
    let mut two = gzip(b"one ");
    two.extend(gzip(b"two"));
    assert_eq!(unpacked(Some("x-gzip"), &two), Ok(b"one two".to_vec()));
}

#[test]
fn what_is_not_packed_as_it_says_is_damaged() {
    assert_eq!(unpacked(Some("gzip"), b"hello, world"), Err(Unfit::Damaged));
    let whole = gzip(b"a text that is cut");
    let cut = &whole[..whole.len() - 12];
    assert_eq!(unpacked(Some("gzip"), cut), Err(Unfit::Damaged));
    assert!(Unpack::of(Some("br"), LIMIT).is_none());
}
