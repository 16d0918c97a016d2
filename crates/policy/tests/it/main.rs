//! The crate from outside: what no input may do. The corpus of cases beside it is judged by the
//! runner behind `gimlet policy check`, in `app`.

mod properties;
