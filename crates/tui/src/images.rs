//! Pictures in a terminal: by the graphics of kitty, iTerm2's inline images, sixel, or as half
//! blocks of two colours, which are text like any other.
//!
//! Nothing here reads a file or asks a terminal: bytes come in, lines or sequences go out.

mod sequences;

pub use sequences::{inline, kitty, sixel};

use image::{ImageReader, Limits, Rgba, RgbaImage, imageops};
use ratatui::{
    style::{Color, Style},
    text::{Line, Span},
};
use std::io::Cursor;

/// Bytes of memory that decoding may take.
const MOST_DECODED_BYTES: u64 = 256 * 1024 * 1024;
/// Pixels of a side that are kept: no screen shows more of a picture beside text.
const LONGEST_SIDE: u32 = 1600;
/// A pixel that is less opaque than this is not drawn.
const OPAQUE: u8 = 128;

/// A picture that was decoded.
#[derive(Clone, Debug)]
pub struct Picture {
    pixels: RgbaImage,
    /// Width and height as they were in the file.
    original: (u32, u32),
}

/// A size in cells of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    /// At least one.
    pub columns: usize,
    /// At least one.
    pub rows: usize,
}

/// Why a picture cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum PictureFault {
    /// The bytes are no picture of a known kind, or a damaged one.
    #[error("the picture cannot be read: {0}")]
    Unreadable(#[from] image::ImageError),
    /// It has no pixels.
    #[error("the picture is empty")]
    Empty,
}

impl Picture {
    /// Decodes PNG, JPEG, GIF (its first frame) or WebP. Large ones are made smaller.
    pub fn decode(bytes: &[u8]) -> Result<Self, PictureFault> {
        let mut reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .map_err(image::ImageError::IoError)?;
        let mut limits = Limits::default();
        limits.max_alloc = Some(MOST_DECODED_BYTES);
        reader.limits(limits);
        let pixels = reader.decode()?.into_rgba8();
        let original = pixels.dimensions();
        let (width, height) = original;
        if width == 0 || height == 0 {
            return Err(PictureFault::Empty);
        }
        let longest = width.max(height);
        let pixels = if longest > LONGEST_SIDE {
            let scaled =
                |side: u32| (u64::from(side) * u64::from(LONGEST_SIDE) / u64::from(longest)).max(1);
            let side = |side: u32| u32::try_from(scaled(side)).unwrap_or(1);
            imageops::resize(
                &pixels,
                side(width),
                side(height),
                imageops::FilterType::Triangle,
            )
        } else {
            pixels
        };
        Ok(Self { pixels, original })
    }

    /// Width and height in pixels, as they were in the file.
    pub fn original_size(&self) -> (u32, u32) {
        self.original
    }

    /// The cells that it takes within a room: as many as its own pixels need, or fewer, with its
    /// shape kept. A cell's size is in pixels; most are about twice as high as wide.
    pub fn cells(&self, cell: (u32, u32), most: Cells) -> Cells {
        let (width, height) = self.original;
        let (wide, high) = (f64::from(cell.0.max(1)), f64::from(cell.1.max(1)));
        let (columns, rows) = (f64::from(width) / wide, f64::from(height) / high);
        let room = |most: usize| f64::from(u32::try_from(most.max(1)).unwrap_or(u32::MAX));
        let scale = (room(most.columns) / columns)
            .min(room(most.rows) / rows)
            .min(1.0);
        Cells {
            columns: whole(columns * scale).min(most.columns.max(1)),
            rows: whole(rows * scale).min(most.rows.max(1)),
        }
    }

    /// The picture as half blocks. Two pixels stand above each other in a cell.
    pub fn blocks(&self, cells: Cells) -> Vec<Line<'static>> {
        let side = |cells: usize| u32::try_from(cells.max(1)).unwrap_or(u32::MAX);
        let (width, height) = (side(cells.columns), side(cells.rows) * 2);
        let pixels = imageops::resize(&self.pixels, width, height, imageops::FilterType::Triangle);
        let row = |row: u32| {
            let mut spans: Vec<Span<'static>> = Vec::new();
            for column in 0..width {
                let upper = colour(*pixels.get_pixel(column, row * 2));
                let lower = colour(*pixels.get_pixel(column, row * 2 + 1));
                let (block, style) = block(upper, lower);
                match spans.last_mut() {
                    Some(last) if last.style == style => last.content.to_mut().push_str(block),
                    _ => spans.push(Span::styled(block, style)),
                }
            }
            Line::from(spans)
        };
        (0..height / 2).map(row).collect()
    }
}

/// A positive number of cells as a whole one, at least one.
fn whole(cells: f64) -> usize {
    let mut whole = 1_u32;
    while f64::from(whole) + 0.5 <= cells && whole < 10_000 {
        whole += 1;
    }
    whole as usize
}

fn colour(Rgba([red, green, blue, alpha]): Rgba<u8>) -> Option<Color> {
    (alpha >= OPAQUE).then_some(Color::Rgb(red, green, blue))
}

fn block(upper: Option<Color>, lower: Option<Color>) -> (&'static str, Style) {
    let style = Style::new();
    match (upper, lower) {
        (None, None) => (" ", style),
        (Some(upper), None) => ("▀", style.fg(upper)),
        (None, Some(lower)) => ("▄", style.fg(lower)),
        (Some(upper), Some(lower)) => ("▀", style.fg(upper).bg(lower)),
    }
}

#[cfg(test)]
mod tests;
