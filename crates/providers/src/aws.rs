//! What Amazon does its own way: framing, signatures, keys, and the words of its errors.

pub(crate) mod keys;
pub(crate) mod message;
pub(crate) mod sign;
pub(crate) mod trouble;

pub use keys::{AwsChain, AwsKeys, AwsLink, AwsSource, ReadText};
pub(crate) use sign::{Signer, encoded};
