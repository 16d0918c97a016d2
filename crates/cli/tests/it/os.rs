//! What needs much of the machine, of which few run at once.

mod trust_cases;
