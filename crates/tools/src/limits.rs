//! Every cap on what tools read, hold and show. Whoever cuts says so in the result.

use std::time::Duration;

/// Bytes of all tools that are told in full in every request; further ones are searched for.
pub(crate) const FROZEN_TOOL_BYTES: usize = 9_000;

/// Lines that one Read shows.
pub(crate) const READ_LINES: u64 = 2_000;
/// Bytes of text that one Read shows: about 25,000 tokens.
pub(crate) const READ_BYTES: usize = 100_000;
/// Characters of one line that Read and Grep show.
pub(crate) const LINE_CHARS: usize = 2_000;
/// Files up to this size are read whole, so that their hash is known; larger ones by window.
pub(crate) const WHOLE_READ_BYTES: u64 = 4 << 20;
/// Images, PDFs and notebooks up to this size are read.
pub(crate) const MEDIA_BYTES: u64 = 32 << 20;
/// Text files up to this size are edited.
pub(crate) const EDIT_BYTES: u64 = 16 << 20;

/// The longer side of an image as the model gets it, in pixels.
pub(crate) const IMAGE_SIDE: u32 = 1_568;
/// Bytes of an image as the model gets it, before base64.
pub(crate) const IMAGE_BYTES: usize = 3_500_000;
/// Memory that decoding an image may take.
pub(crate) const IMAGE_DECODE_BYTES: u64 = 512 << 20;

/// PDFs of more pages need `pages`.
pub(crate) const PDF_PAGES_UNASKED: u32 = 10;
/// Pages that one Read extracts.
pub(crate) const PDF_PAGES_A_CALL: u32 = 20;
/// PDFs up to this size go to the model as documents.
pub(crate) const PDF_DOCUMENT_BYTES: u64 = 3_000_000;

/// Characters of one output of a notebook's cell.
pub(crate) const NOTEBOOK_OUTPUT_CHARS: usize = 10_000;
/// Images of one notebook.
pub(crate) const NOTEBOOK_IMAGES: usize = 8;

/// Paths that one Glob shows.
pub(crate) const GLOB_PATHS: usize = 100;
/// Lines or files that one Grep shows when nothing else is said.
pub(crate) const GREP_LINES: usize = 250;
/// Lines or files that one Grep shows at most.
pub(crate) const GREP_LINES_MAX: usize = 10_000;
/// Bytes that one Grep shows.
pub(crate) const GREP_BYTES: usize = 30_000;
/// Entries that one LS shows.
pub(crate) const LS_ENTRIES: usize = 1_000;

/// How long a command runs when nothing else is said.
pub(crate) const BASH_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a command runs at most.
pub(crate) const BASH_TIMEOUT_MAX: Duration = Duration::from_mins(10);
/// What a command gets between the request to end and the end.
pub(crate) const END_GRACE: Duration = Duration::from_secs(2);
/// Bytes of a command's output that go to its file; what comes after is dropped.
pub(crate) const SPILL_BYTES: u64 = 64 << 20;
/// Bytes that are gathered before they are added to that file.
pub(crate) const SPILL_PIECE_BYTES: usize = 256 << 10;

/// Characters of a background task's output that one `TaskOutput` shows.
pub(crate) const TASK_OUTPUT_CHARS: usize = 30_000;
/// How long `TaskOutput` waits when nothing else is said.
pub(crate) const TASK_WAIT: Duration = Duration::from_secs(30);
/// How long `TaskOutput` waits at most.
pub(crate) const TASK_WAIT_MAX: Duration = Duration::from_mins(10);

/// Bytes of file contents that are kept to tell what changed.
pub(crate) const MEMORY_BYTES: usize = 8 << 20;
/// Bytes of a difference that are shown.
pub(crate) const DIFF_BYTES: usize = 8_000;
/// How long a difference is computed exactly; a coarser one follows.
pub(crate) const DIFF_TIME: Duration = Duration::from_millis(500);
/// Originals up to this size are part of the structured output of Write and Edit.
pub(crate) const ORIGINAL_BYTES: usize = 256 << 10;

/// Characters of a page that one `WebFetch` shows.
pub(crate) const PAGE_CHARS: usize = 50_000;
/// Bytes of text that are taken out of a page.
pub(crate) const PAGE_TEXT_BYTES: usize = 4 << 20;
/// Searches of one session.
pub(crate) const SEARCHES: u32 = 200;

/// Todos of one list.
pub(crate) const TODOS: usize = 200;
/// Errors that a failed validation tells.
pub(crate) const SCHEMA_ERRORS: usize = 10;

/// The longest Sleep.
pub(crate) const SLEEP_MAX: Duration = Duration::from_mins(10);
/// Pieces of work on one list.
pub(crate) const ITEMS: usize = 200;
/// How long a Monitor watches when nothing else is said.
pub(crate) const MONITOR_TIME: Duration = Duration::from_mins(5);
/// The longest that a Monitor watches.
pub(crate) const MONITOR_TIME_MAX: Duration = Duration::from_mins(30);
/// Characters of a monitor's events that the model is told at once.
pub(crate) const EVENT_CHARS: usize = 4_000;
/// Files of one patch.
pub(crate) const PATCH_FILES: usize = 100;
