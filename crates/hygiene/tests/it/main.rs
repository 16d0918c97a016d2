//! Properties that hold for any text. The corpus of cases beside it is judged by the runner
//! behind `gimlet policy check`, in `app`.

mod properties;
