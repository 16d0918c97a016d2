//! Words that the model should have once it has used something.

use gimlet_protocol::Returned;

/// Says what the model should be told beside a call's result: instructions that hold for the
/// files that the call touched. Told once, as appended notes, so that nothing sent before
/// changes.
pub trait Reminders: Send + Sync {
    /// The texts for a call that returned. The first line of a text is its name: `is_told`
    /// says whether a text of that name was told already since the conversation began or was
    /// last compacted, and such a text is left out.
    fn after(&self, returned: &Returned, is_told: &dyn Fn(&str) -> bool) -> Vec<String>;

    /// The texts for the next request, whatever it is about, such as a background task that
    /// has ended. Each is returned once.
    fn due(&self) -> Vec<String> {
        Vec::new()
    }
}
