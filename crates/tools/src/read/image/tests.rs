use super::*;
use image::RgbaImage;

/// Noise, which PNG packs badly and JPEG well enough.
fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let image = RgbaImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgba(state.to_be_bytes())
    });
    let mut bytes = Vec::new();
    DynamicImage::ImageRgba8(image)
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .unwrap();
    bytes
}

fn packed(room: Room) -> (&'static str, (u32, u32)) {
    let packed = pack(noise(200, 100), room).unwrap();
    assert!(packed.bytes.len() <= room.bytes);
    let shown = image::load_from_memory(&packed.bytes).unwrap();
    assert_eq!((shown.width(), shown.height()), packed.to);
    assert_eq!(media_type(&packed.bytes), Some(packed.media_type));
    assert_eq!(packed.from, (200, 100));
    (packed.media_type, packed.to)
}

#[test]
fn an_image_is_packed_into_the_room_that_there_is() {
    let rows = [
        (
            Room {
                side: 200,
                bytes: 1_000_000,
            },
            "image/png",
            (200, 100),
        ),
        (
            Room {
                side: 100,
                bytes: 1_000_000,
            },
            "image/png",
            (100, 50),
        ),
        (
            Room {
                side: 100,
                bytes: 9_000,
            },
            "image/jpeg",
            (100, 50),
        ),
        (
            Room {
                side: 100,
                bytes: 3_000,
            },
            "image/jpeg",
            (50, 25),
        ),
    ];
    for (room, media_type, shown) in rows {
        assert_eq!(packed(room), (media_type, shown));
    }
}
