//! What the model is told when plan mode begins and ends. Told as notes, so that nothing that
//! was sent before changes.

/// The first line of `ON`, by which it is known whether it was told.
pub(crate) const ON_NAME: &str = "Plan mode is on.";

/// The mode is plan.
pub(crate) const ON: &str = "Plan mode is on.
Look, think and ask, but change and run nothing. When the plan is ready, call ExitPlanMode with \
it, so that the person can approve it.";

/// The mode is plan no more.
pub(crate) const OFF: &str = "Plan mode is over: files may be changed and commands run again.";
