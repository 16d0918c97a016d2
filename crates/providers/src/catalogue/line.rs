//! One line of a catalogue: `provider/name`, sizes, prices, abilities, between tabs.

use super::edit_format;
use gimlet_ports::{ModelCard, ModelMore, Price, PriceTier, ToolCalling};

/// Stands where nothing is known.
const NOTHING: &str = "-";

/// What a catalogue knows of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Tokens of input and output together.
    pub context_tokens: u64,
    /// Tokens that one reply may have.
    pub max_output_tokens: u64,
    /// Prices, where they are known.
    pub price: Option<Price>,
    /// Takes images.
    pub images: bool,
    /// Takes PDF documents.
    pub documents: bool,
    /// Reasons.
    pub thinking: bool,
    /// The rest.
    pub more: ModelMore,
}

impl Known {
    /// The card of the model under a name.
    pub fn card(self, provider: &str, name: &str) -> ModelCard {
        ModelCard {
            provider: provider.to_owned(),
            name: name.to_owned(),
            context_tokens: self.context_tokens,
            max_output_tokens: self.max_output_tokens,
            price: self.price,
            assumed: false,
            images: self.images,
            documents: self.documents,
            thinking: self.thinking,
            more: self.more,
        }
    }

    /// The line, without its end.
    pub(super) fn write(&self, key: &str) -> String {
        let mut line = format!(
            "{key}\t{}\t{}\t",
            self.context_tokens, self.max_output_tokens
        );
        match &self.price {
            Some(price) => line.push_str(&prices(price)),
            None => line.push_str("-\t-\t-\t-"),
        }
        line.push('\t');
        let flags = [
            (self.images, 'i'),
            (self.documents, 'd'),
            (self.thinking, 't'),
            (self.more.tools == ToolCalling::Native, 'c'),
            (self.more.answers, 's'),
        ];
        let before = line.len();
        line.extend(
            flags
                .into_iter()
                .filter(|(on, _)| *on)
                .map(|(_, flag)| flag),
        );
        if line.len() == before {
            line.push_str(NOTHING);
        }
        let efforts = self.more.efforts.join(",");
        let knowledge = self.more.knowledge.as_deref().unwrap_or_default();
        let tiers: Vec<String> = self
            .more
            .tiers
            .iter()
            .map(|tier| format!("{}:{}", tier.above, prices(&tier.price).replace('\t', ":")))
            .collect();
        for field in [efforts.as_str(), knowledge, &tiers.join(",")] {
            let field = if field.is_empty() { NOTHING } else { field };
            line.extend(["\t", field]);
        }
        line
    }
}

fn prices(price: &Price) -> String {
    let Price {
        input,
        output,
        cache_read,
        cache_write,
    } = price;
    format!("{input}\t{output}\t{cache_read}\t{cache_write}")
}

/// The provider, the name and what is known, from a line; `None` for a remark or damage.
pub(super) fn read(line: &str) -> Option<(&str, &str, Known)> {
    let mut fields = line.split('\t');
    let (provider, name) = fields.next()?.split_once('/')?;
    let mut next = || fields.next().filter(|field| !field.is_empty());
    let context_tokens = next()?.parse().ok()?;
    let max_output_tokens = next()?.parse().ok()?;
    let price = price([next()?, next()?, next()?, next()?]);
    let flags = next()?;
    let given = |field: &str| (field != NOTHING).then(|| field.to_owned());
    let list = |field: &str| -> Vec<String> {
        given(field).map_or_else(Vec::new, |f| f.split(',').map(str::to_owned).collect())
    };
    let more = ModelMore {
        tools: if flags.contains('c') {
            ToolCalling::Native
        } else {
            ToolCalling::Missing
        },
        answers: flags.contains('s'),
        efforts: list(next()?),
        knowledge: given(next()?),
        tiers: list(next()?)
            .iter()
            .filter_map(|tier| read_tier(tier))
            .collect(),
        edit_format: edit_format(name),
    };
    let known = Known {
        context_tokens,
        max_output_tokens,
        price,
        images: flags.contains('i'),
        documents: flags.contains('d'),
        thinking: flags.contains('t'),
        more,
    };
    Some((provider, name, known))
}

fn price(fields: [&str; 4]) -> Option<Price> {
    let [input, output, read, write] = fields.map(|field| field.parse::<f64>().ok());
    let input = input?;
    Some(Price {
        input,
        output: output?,
        cache_read: read.unwrap_or(input),
        cache_write: write.unwrap_or(input),
    })
}

fn read_tier(text: &str) -> Option<PriceTier> {
    let mut fields = text.split(':');
    let above = fields.next()?.parse().ok()?;
    let mut next = || fields.next();
    let price = price([next()?, next()?, next()?, next()?])?;
    Some(PriceTier { above, price })
}

/// Looks a key up in sorted lines, touching few of them.
pub(super) fn find(table: &str, key: &str) -> Option<Known> {
    let bytes = table.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = memchr::memrchr(b'\n', bytes.get(..middle)?).map_or(0, |at| at + 1);
        let start = start.max(low);
        let rest = bytes.get(start..)?;
        let end = memchr::memchr(b'\n', rest).map_or(bytes.len(), |at| start + at);
        let line = table.get(start..end)?;
        let of = line.split('\t').next().unwrap_or_default();
        match of.cmp(key) {
            std::cmp::Ordering::Equal => return read(line).map(|(_, _, known)| known),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}
