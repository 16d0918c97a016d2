//! Model servers on this machine: looked for when a model of theirs is asked for, and when
//! there is no key, so that it can be said what is there.

use gimlet_providers::local::{Candidate, DISCOVERY_DEADLINE, LocalServer, discover};

/// Models of one server that are named in a sentence.
const NAMED_MODELS: usize = 5;

/// Asks this machine's usual ports. Takes as long as the deadline says at most.
pub(crate) fn find(places: &[Candidate]) -> Vec<LocalServer> {
    // On a thread of its own: the caller may stand in a runtime, where waiting is forbidden.
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .ok()?;
            Some(runtime.block_on(discover(places, DISCOVERY_DEADLINE)))
        });
        asking.join().ok().flatten().unwrap_or_default()
    })
}

/// What a server offers, in a fragment.
pub(crate) fn offer(server: &LocalServer) -> String {
    let names: Vec<&str> = server
        .models
        .iter()
        .take(NAMED_MODELS)
        .map(|model| model.name.as_str())
        .collect();
    let more = server.models.len().saturating_sub(NAMED_MODELS);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let models = if names.is_empty() {
        "no models yet".to_owned()
    } else {
        format!("{}{more}", names.join(", "))
    };
    format!("{} at {}: {models}", server.kind, server.base_url)
}

/// How a server's first model is used.
pub(crate) fn usage(server: &LocalServer) -> Option<String> {
    let model = server.models.first()?;
    Some(format!("--model {}/{}", server.kind.provider(), model.name))
}

/// What can be done without a key.
pub(crate) fn hint(servers: &[LocalServer]) -> String {
    if servers.is_empty() {
        return "without a key: start a model server on this machine, such as Ollama or LM Studio; none answers now"
            .to_owned();
    }
    let found = servers.iter().map(offer).collect::<Vec<_>>().join("; ");
    match servers.iter().find_map(usage) {
        Some(usage) => format!("without a key: this machine has {found}; use it with `{usage}`"),
        None => format!("without a key: this machine has {found}; load a model there first"),
    }
}

#[cfg(test)]
mod tests;
