//! What is known of a model: the person's word first, then the catalogue that was fetched, then
//! the one of this build, then assumptions.

use gimlet_ports::{EditFormat, ModelCard, Price, ToolCalling};
use gimlet_providers::{Known, fetch, known};
use gimlet_settings::{Dirs, OwnModel, Settings};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The fetched catalogue, in the folder for what can be made again.
const FILE: &str = "models.tsv";

/// Where the fetched catalogue lies.
pub(crate) fn fetched_path(dirs: &Dirs) -> PathBuf {
    dirs.cache.join(FILE)
}

/// The fetched catalogue, if there is one that can be read.
pub(crate) fn fetched(dirs: &Dirs) -> Option<String> {
    fs::read_to_string(fetched_path(dirs)).ok()
}

/// The card by everything that is known; `else_card` where nothing is.
pub(crate) fn card(
    settings: &Settings,
    provider: &str,
    name: &str,
    else_card: impl FnOnce() -> ModelCard,
) -> ModelCard {
    let dirs = Dirs::find(&settings.env).ok();
    let newer = dirs.and_then(|dirs| known(&fetched(&dirs)?, provider, name));
    let card = match newer {
        Some(newer) => newer.card(provider, name),
        None => else_card(),
    };
    match own(settings, provider, name) {
        Some(own) => with(card, own),
        None => card,
    }
}

/// What the person says of a model.
pub(crate) fn own<'a>(settings: &'a Settings, provider: &str, name: &str) -> Option<&'a OwnModel> {
    settings.providers.get(provider)?.models.get(name)
}

fn with(card: ModelCard, own: &OwnModel) -> ModelCard {
    let mut card = card;
    let known = card.price;
    if let (Some(input), Some(output)) = (own.input_price, own.output_price) {
        let nothing = |price: Option<f64>| price.unwrap_or(input);
        card.price = Some(Price {
            input,
            output,
            cache_read: nothing(own.cache_read_price),
            cache_write: nothing(own.cache_write_price),
        });
        card.more.tiers.clear();
    } else if let Some(known) = known {
        card.price = Some(Price {
            input: own.input_price.unwrap_or(known.input),
            output: own.output_price.unwrap_or(known.output),
            cache_read: own.cache_read_price.unwrap_or(known.cache_read),
            cache_write: own.cache_write_price.unwrap_or(known.cache_write),
        });
    }
    card.context_tokens = own.context_tokens.unwrap_or(card.context_tokens);
    let most = own.max_output_tokens.unwrap_or(card.max_output_tokens);
    card.max_output_tokens = most.min(card.context_tokens);
    card.assumed &= own.context_tokens.is_none();
    card.images = own.images.unwrap_or(card.images);
    card.documents = own.documents.unwrap_or(card.documents);
    card.thinking = own.thinking.unwrap_or(card.thinking);
    match own.tools.as_deref() {
        Some("text") => card.more.tools = ToolCalling::Missing,
        Some(_) => card.more.tools = ToolCalling::Native,
        None => {}
    }
    match own.edit_format.as_deref() {
        Some("patch") => card.more.edit_format = EditFormat::Patch,
        Some("whole-file") => card.more.edit_format = EditFormat::WholeFile,
        Some(_) => card.more.edit_format = EditFormat::SearchReplace,
        None => {}
    }
    card
}

/// A row of `gimlet models`.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRow {
    /// The provider.
    pub provider: String,
    /// The name on the wire.
    pub name: String,
    /// What is known.
    pub card: ModelCard,
    /// True where the person's settings say something of it.
    pub own: bool,
}

/// Every model that is known, sorted by name; of one provider where one is named.
pub fn model_rows(settings: &Settings, dirs: &Dirs, provider: Option<&str>) -> Vec<ModelRow> {
    let text = fetched(dirs);
    let table = text.as_deref().unwrap_or(gimlet_providers::pinned());
    let row = |of: &str, name: &str, known: Option<Known>| {
        let card = known.map(|known| known.card(of, name));
        let card = card.unwrap_or_else(|| gimlet_providers::card(of, name));
        let own = own(settings, of, name);
        ModelRow {
            provider: of.to_owned(),
            name: name.to_owned(),
            card: own.map_or(card.clone(), |own| with(card, own)),
            own: own.is_some(),
        }
    };
    let mut rows: Vec<ModelRow> = gimlet_providers::all(table, provider)
        .map(|(of, name, known)| row(of, name, Some(known)))
        .collect();
    for (of, given) in &settings.providers {
        for name in given.models.keys() {
            let is_listed = rows.iter().any(|r| r.provider == *of && r.name == *name);
            if !is_listed && provider.is_none_or(|provider| provider == of) {
                rows.push(row(of, name, None));
            }
        }
    }
    rows.sort_by(|a, b| (&a.provider, &a.name).cmp(&(&b.provider, &b.name)));
    rows
}

/// When the catalogue was fetched, or that it is this build's.
pub fn catalogue_day(dirs: &Dirs) -> Option<String> {
    let text = fetched(dirs)?;
    let first = text.lines().next()?;
    first.rsplit(' ').next().map(str::to_owned)
}

/// Fetches the public catalogue and puts it in place of the one before; tells what changed.
///
/// # Errors
/// A sentence that says why nothing was changed.
pub async fn update_models(dirs: &Dirs, url: &str) -> Result<String, String> {
    let told = |why: String| {
        format!(
            "the catalogue at {url} could not be taken ({why}); the one that is here still counts"
        )
    };
    let text = fetch(url).await.map_err(told)?;
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let table = gimlet_providers::digest(&text, &day).map_err(told)?;
    let path = fetched_path(dirs);
    write(&path, &table)
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    let count = table.lines().count().saturating_sub(1);
    Ok(format!("{count} models are in {}.", path.display()))
}

/// All of it, or nothing: another process may be reading.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
