//! Images, made small enough for a model.

use super::{Dimensions, ImageFile, ReadData, Subject, seen};
use crate::limits::{IMAGE_BYTES, IMAGE_DECODE_BYTES, IMAGE_SIDE};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use gimlet_ports::{ToolFault, ToolReturn};
use gimlet_protocol::{Block, Stamp};
use image::{
    DynamicImage, ImageError, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
    imageops::FilterType,
};
use std::io::Cursor;

/// What a model takes.
const ROOM: Room = Room {
    side: IMAGE_SIDE,
    bytes: IMAGE_BYTES,
};

/// How large an image may be.
#[derive(Clone, Copy)]
struct Room {
    /// The longer side in pixels.
    side: u32,
    /// Its encoded form.
    bytes: usize,
}

/// Quality of an image that had to be packed tighter, of 100.
const JPEG_QUALITY: u8 = 85;

/// An image is not scaled below this, in pixels.
const SIDE_LEAST: u32 = 32;

/// Tells by its first bytes whether a file is an image that models take.
pub(super) fn is_image(bytes: &[u8]) -> bool {
    media_type(bytes).is_some()
}

fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => Some("image/png"),
        Ok(ImageFormat::Jpeg) => Some("image/jpeg"),
        Ok(ImageFormat::Gif) => Some("image/gif"),
        Ok(ImageFormat::WebP) => Some("image/webp"),
        Ok(_) | Err(_) => None,
    }
}

pub(super) async fn show(subject: Subject<'_>) -> Result<ToolReturn<ReadData>, ToolFault> {
    let Subject {
        path,
        name,
        bytes,
        stamp,
    } = subject;
    let original_size = stamp.size;
    let packed = tokio::task::spawn_blocking(move || pack(bytes, ROOM))
        .await
        .map_err(|_| "the decoder failed on it".to_owned())
        .and_then(|packed| packed.map_err(|error| error.to_string()))
        .map_err(|why| ToolFault::Tell(format!("{name} could not be read as an image: {why}")))?;
    let Packed {
        bytes,
        media_type,
        from,
        to,
    } = packed;
    let ((width, height), (shown_width, shown_height)) = (from, to);
    let scaled = if from == to {
        String::new()
    } else {
        format!(", shown at {shown_width}x{shown_height}")
    };
    let about = format!("[image {name}: {width}x{height}, {original_size} bytes{scaled}]");
    let base64 = BASE64_STANDARD.encode(bytes);
    let data = ReadData::Image(ImageFile {
        base64: base64.clone(),
        media_type: media_type.to_owned(),
        original_size,
        dimensions: Dimensions {
            original_width: width,
            original_height: height,
            display_width: shown_width,
            display_height: shown_height,
        },
    });
    let image = Block::Image {
        media_type: media_type.to_owned(),
        data: base64,
    };
    let marks = vec![seen(
        path,
        Stamp {
            whole: true,
            ..stamp
        },
    )];
    Ok(ToolReturn {
        content: vec![Block::text(about), image],
        data,
        marks,
        failed: false,
    })
}

/// An image as the model gets it.
struct Packed {
    bytes: Vec<u8>,
    media_type: &'static str,
    from: (u32, u32),
    to: (u32, u32),
}

/// Leaves a small image as it is; else scales it down, and packs it tighter where needed.
fn pack(bytes: Vec<u8>, room: Room) -> Result<Packed, ImageError> {
    let reader = || -> Result<ImageReader<Cursor<&[u8]>>, ImageError> {
        let mut reader = ImageReader::new(Cursor::new(bytes.as_slice())).with_guessed_format()?;
        let mut limits = Limits::default();
        limits.max_alloc = Some(IMAGE_DECODE_BYTES);
        reader.limits(limits);
        Ok(reader)
    };
    let from = reader()?.into_dimensions()?;
    let media_type = media_type(&bytes).unwrap_or("image/png");
    let decoded = reader()?.decode()?;
    if from.0.max(from.1) <= room.side && bytes.len() <= room.bytes {
        drop(decoded);
        return Ok(Packed {
            bytes,
            media_type,
            from,
            to: from,
        });
    }
    let mut side = room.side;
    loop {
        let small = if from.0.max(from.1) > side {
            decoded.resize(side, side, FilterType::Triangle)
        } else {
            decoded.clone()
        };
        let to = (small.width(), small.height());
        let (bytes, media_type) = encode(&small, room.bytes)?;
        if bytes.len() <= room.bytes || side <= SIDE_LEAST {
            return Ok(Packed {
                bytes,
                media_type,
                from,
                to,
            });
        }
        side /= 2;
    }
}

/// PNG where that is small enough, for its sharp edges; else JPEG.
fn encode(image: &DynamicImage, room_bytes: usize) -> Result<(Vec<u8>, &'static str), ImageError> {
    let mut png = Vec::new();
    image.write_to(&mut Cursor::new(&mut png), ImageFormat::Png)?;
    if png.len() <= room_bytes / 2 {
        return Ok((png, "image/png"));
    }
    let mut jpeg = Vec::new();
    let flat = DynamicImage::ImageRgb8(image.to_rgb8());
    flat.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY))?;
    Ok((jpeg, "image/jpeg"))
}

#[cfg(test)]
mod tests;
