//! What terminals with graphics are sent. Each sequence draws from the cursor's cell on; the
//! caller has made room below, and moves the cursor himself.

use super::{Cells, OPAQUE, Picture};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{ExtendedColorType, ImageEncoder as _, RgbaImage, codecs::png::PngEncoder, imageops};
use std::fmt::Write as _;

/// Bytes of base64 in one piece, as the protocol of kitty asks.
const PIECE: usize = 4096;
/// Steps of each colour in sixel: 6 × 6 × 6 registers.
const STEPS: u32 = 6;

/// The graphics of kitty: the picture as PNG, in pieces, placed into the cells. The cursor stays.
pub fn kitty(picture: &Picture, cells: Cells) -> String {
    let data = BASE64_STANDARD.encode(png(&picture.pixels));
    let mut out = String::with_capacity(data.len() + data.len() / PIECE * 16 + 64);
    let mut rest = data.as_str();
    let mut head = format!("a=T,f=100,q=2,C=1,c={},r={},", cells.columns, cells.rows);
    loop {
        let (piece, after) = rest.split_at_checked(PIECE).unwrap_or((rest, ""));
        rest = after;
        let more = u8::from(!rest.is_empty());
        put(
            &mut out,
            format_args!("\u{1b}_G{head}m={more};{piece}\u{1b}\\"),
        );
        head.clear();
        if more == 0 {
            return out;
        }
    }
}

/// iTerm2's inline image.
pub fn inline(picture: &Picture, cells: Cells) -> String {
    let png = png(&picture.pixels);
    format!(
        "\u{1b}]1337;File=inline=1;preserveAspectRatio=1;doNotMoveCursor=1;size={};width={};height={}:{}\u{7}",
        png.len(),
        cells.columns,
        cells.rows,
        BASE64_STANDARD.encode(&png),
    )
}

/// Sixel, in a fixed cube of colours, dithered; a cell's size is in pixels.
pub fn sixel(picture: &Picture, cells: Cells, cell: (u32, u32)) -> String {
    let side = |cells: usize, pixels: u32| {
        u32::try_from(cells)
            .unwrap_or(1)
            .saturating_mul(pixels)
            .clamp(1, 4096)
    };
    let (width, height) = (side(cells.columns, cell.0), side(cells.rows, cell.1));
    let pixels = imageops::resize(
        &picture.pixels,
        width,
        height,
        imageops::FilterType::Triangle,
    );
    let mut out = format!("\u{1b}P0;1q\"1;1;{width};{height}");
    for red in 0..STEPS {
        for green in 0..STEPS {
            for blue in 0..STEPS {
                let percent = |step: u32| step * 100 / (STEPS - 1);
                let register = red * STEPS * STEPS + green * STEPS + blue;
                put(
                    &mut out,
                    format_args!(
                        "#{register};2;{};{};{}",
                        percent(red),
                        percent(green),
                        percent(blue)
                    ),
                );
            }
        }
    }
    for top in (0..height).step_by(6) {
        band(&pixels, top, &mut out);
    }
    out.push_str("\u{1b}\\");
    out
}

/// Six rows of pixels: each colour in them is drawn over the whole width.
fn band(pixels: &RgbaImage, top: u32, out: &mut String) {
    let (width, height) = pixels.dimensions();
    let mut columns: Vec<Vec<(u32, u8)>> = Vec::new();
    let mut used = std::collections::BTreeSet::new();
    for x in 0..width {
        let mut column: Vec<(u32, u8)> = Vec::new();
        for y in top..(top + 6).min(height) {
            let Some(register) = register(pixels, x, y) else {
                continue;
            };
            used.insert(register);
            let bit = 1 << (y - top);
            match column.iter_mut().find(|(known, _)| *known == register) {
                Some((_, bits)) => *bits |= bit,
                None => column.push((register, bit)),
            }
        }
        columns.push(column);
    }
    for register in used {
        put(out, format_args!("#{register}"));
        let bits_of = |column: &Vec<(u32, u8)>| {
            let found = column.iter().find(|(known, _)| *known == register);
            found.map_or(0, |(_, bits)| *bits)
        };
        let mut run = (0_u8, 0_usize);
        for column in &columns {
            let bits = bits_of(column);
            if bits == run.0 {
                run.1 += 1;
            } else {
                put_run(run, out);
                run = (bits, 1);
            }
        }
        put_run(run, out);
        out.push('$');
    }
    out.push('-');
}

fn put_run((bits, count): (u8, usize), out: &mut String) {
    let sign = char::from(b'?' + bits);
    match count {
        0 => {}
        1..=3 => out.extend(std::iter::repeat_n(sign, count)),
        _ => put(out, format_args!("!{count}{sign}")),
    }
}

/// The colour register of a pixel, dithered by its place.
fn register(pixels: &RgbaImage, x: u32, y: u32) -> Option<u32> {
    const ORDER: [[u32; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
    let [red, green, blue, alpha] = pixels.get_pixel(x, y).0;
    if alpha < OPAQUE {
        return None;
    }
    let row = ORDER.get((y % 4) as usize)?;
    // Between 0 and 1, in sixteenths and a half: what a rest must reach to be the next step.
    let threshold = row.get((x % 4) as usize)? * 2 + 1;
    let step = |part: u8| {
        let scaled = u32::from(part) * (STEPS - 1) * 32 / 255;
        (scaled / 32 + u32::from(scaled % 32 > threshold)).min(STEPS - 1)
    };
    Some(step(red) * STEPS * STEPS + step(green) * STEPS + step(blue))
}

fn png(pixels: &RgbaImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = pixels.dimensions();
    let written =
        PngEncoder::new(&mut bytes).write_image(pixels, width, height, ExtendedColorType::Rgba8);
    // Writing into memory cannot fail; what is empty is drawn as nothing.
    if written.is_err() {
        bytes.clear();
    }
    bytes
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // A string takes everything.
    if out.write_fmt(text).is_err() {
        out.clear();
    }
}
