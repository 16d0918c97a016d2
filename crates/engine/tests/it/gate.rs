//! The product's permission gate. The app keeps it to itself, so its source is compiled in
//! here once more; that the votes are the same is proven by comparing every scene's facts
//! with those of the whole product.

#[path = "../../../app/src/gate"]
mod judges {
    pub(crate) mod mode;
    pub(crate) mod paths;
    #[expect(
        dead_code,
        reason = "the app also reports rules that it did not understand"
    )]
    pub(crate) mod rules;

    use gimlet_ports::Judge;
    use gimlet_protocol::Verdict;
    use std::sync::Arc;

    /// Rules of the scene, then the mode.
    pub(crate) fn of(allow: &[String], deny: &[String]) -> Vec<Arc<dyn Judge>> {
        let mut rules = rules::Rules::default();
        for rule in allow {
            rules.add_list(Verdict::Allow, rule, "--allowedTools");
        }
        for rule in deny {
            rules.add_list(Verdict::Deny, rule, "--disallowedTools");
        }
        vec![Arc::new(rules), Arc::new(mode::ModeJudge)]
    }
}

pub(crate) use judges::of;
