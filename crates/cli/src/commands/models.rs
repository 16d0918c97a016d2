//! `gimlet models`: what is known of models, and where it comes from.

use super::plain_launch;
use crate::{
    args::{ModelsArgs, ModelsCommand},
    exit::{self, Exit},
    headless::runtime,
};
use gimlet_app::ModelRow;
use gimlet_ports::{Price, ToolCalling};
use gimlet_settings::{Dirs, Settings};
use serde_json::{Value, json};

pub(crate) fn run(args: &ModelsArgs) -> Exit {
    let outcome = plain_launch().and_then(|launch| {
        launch
            .load_settings()
            .map_err(|fault| exit::open_fault(&fault))
    });
    let (settings, dirs) = match outcome {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    match &args.command {
        Some(ModelsCommand::Update { from }) => update(&settings, &dirs, from.as_deref()),
        None => list(args, &settings, &dirs),
    }
}

fn update(settings: &Settings, dirs: &Dirs, from: Option<&str>) -> Exit {
    let url = from
        .or(settings.catalogue_url.as_deref())
        .unwrap_or(gimlet_app::PUBLIC_CATALOGUE);
    let updated = match runtime() {
        Ok(runtime) => runtime.block_on(gimlet_app::update_models(dirs, url)),
        Err(exit) => return exit,
    };
    match updated {
        Ok(said) => exit::print_line(&said),
        Err(why) => exit::complain(Exit::Environment, &why, None),
    }
}

fn list(args: &ModelsArgs, settings: &Settings, dirs: &Dirs) -> Exit {
    let rows = gimlet_app::model_rows(settings, dirs, args.provider.as_deref());
    if rows.is_empty() {
        let provider = args.provider.as_deref().unwrap_or_default();
        let why = format!(
            "the catalogue lists no models of `{provider}`; any name can be used all the same"
        );
        return exit::complain(Exit::Usage, &why, None);
    }
    if args.json.json {
        let day = gimlet_app::catalogue_day(dirs);
        let models: Vec<Value> = rows.iter().map(as_json).collect();
        return exit::print_line(&json!({"fetched": day, "models": models}).to_string());
    }
    let names = rows
        .iter()
        .map(|row| row.provider.len() + row.name.len() + 1);
    let width = names.max().unwrap_or(0).min(60);
    let mut lines = vec![format!(
        "{:width$}  {:>9} {:>8}  {:>18}  {:7}  {:14}  KNOWS TO",
        "MODEL", "CONTEXT", "OUTPUT", "$ IN/CACHED/OUT", "TAKES", "EDITS"
    )];
    lines.extend(rows.iter().map(|row| as_line(row, width)));
    let day = gimlet_app::catalogue_day(dirs);
    lines.push(day.map_or_else(
        || {
            "The catalogue is the one of this build; `gimlet models update` fetches a newer one."
                .to_owned()
        },
        |day| format!("The catalogue was fetched on {day}."),
    ));
    exit::print_line(&lines.join("\n"))
}

fn as_line(row: &ModelRow, width: usize) -> String {
    let card = &row.card;
    let name = format!("{}/{}", row.provider, row.name);
    let price = card.price.map_or_else(
        || "-".to_owned(),
        |price| format!("{}/{}/{}", price.input, price.cache_read, price.output),
    );
    let takes: String = [
        (card.images, 'i'),
        (card.documents, 'd'),
        (card.thinking, 't'),
        (card.more.tools == ToolCalling::Native, 'c'),
        (card.more.answers, 's'),
    ]
    .into_iter()
    .filter(|(on, _)| *on)
    .map(|(_, flag)| flag)
    .collect();
    let own = if row.own { " (your settings)" } else { "" };
    format!(
        "{name:width$}  {:>9} {:>8}  {price:>18}  {takes:7}  {:14}  {}{own}",
        card.context_tokens,
        card.max_output_tokens,
        card.more.edit_format.name(),
        card.more.knowledge.as_deref().unwrap_or("-"),
    )
}

fn as_json(row: &ModelRow) -> Value {
    let card = &row.card;
    let tiers: Vec<Value> = card
        .more
        .tiers
        .iter()
        .map(|tier| json!({"aboveInputTokens": tier.above, "price": price(tier.price)}))
        .collect();
    json!({
        "model": format!("{}/{}", row.provider, row.name),
        "provider": row.provider,
        "contextTokens": card.context_tokens,
        "maxOutputTokens": card.max_output_tokens,
        "pricePerMillionTokens": card.price.map(price),
        "priceTiers": tiers,
        "images": card.images,
        "documents": card.documents,
        "thinking": card.thinking,
        "efforts": card.more.efforts,
        "toolCalls": match card.more.tools {
            ToolCalling::Native => "native",
            ToolCalling::Missing => "text",
        },
        "structuredAnswers": card.more.answers,
        "knowledge": card.more.knowledge,
        "editFormat": card.more.edit_format.name(),
        "assumed": card.assumed,
        "ownSettings": row.own,
    })
}

fn price(price: Price) -> Value {
    json!({"input": price.input, "output": price.output, "cacheRead": price.cache_read, "cacheWrite": price.cache_write})
}
