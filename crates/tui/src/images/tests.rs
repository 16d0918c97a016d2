use super::*;
use crate::text::line_width;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use proptest::prelude::*;

const RED: Rgba<u8> = Rgba([255, 0, 0, 255]);
const BLUE: Rgba<u8> = Rgba([0, 0, 255, 255]);
const CLEAR: Rgba<u8> = Rgba([0, 0, 0, 0]);

/// A picture whose left half is red and whose right half is blue over nothing.
fn picture(width: u32, height: u32) -> Picture {
    let pixels = RgbaImage::from_fn(width, height, |x, y| {
        if x < width / 2 {
            RED
        } else if y < height / 2 {
            BLUE
        } else {
            CLEAR
        }
    });
    let mut png = Vec::new();
    pixels
        .write_to(&mut Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    Picture::decode(&png).unwrap()
}

fn cells(columns: usize, rows: usize) -> Cells {
    Cells { columns, rows }
}

#[test]
fn half_blocks_have_two_pixels_in_a_cell() {
    let red = Color::Rgb(255, 0, 0);
    let blue = Color::Rgb(0, 0, 255);
    let lines = picture(4, 4).blocks(cells(4, 2));
    let both = Span::styled("▀▀", Style::new().fg(red).bg(red));
    assert_eq!(
        lines,
        [
            Line::from(vec![
                both.clone(),
                Span::styled("▀▀", Style::new().fg(blue).bg(blue))
            ]),
            Line::from(vec![both, Span::styled("  ", Style::new())]),
        ]
    );
}

#[test]
fn a_picture_keeps_its_shape_within_the_room() {
    let wide = picture(640, 320);
    assert_eq!(wide.cells((8, 16), cells(200, 100)), cells(80, 20));
    assert_eq!(wide.cells((8, 16), cells(40, 100)), cells(40, 10));
    assert_eq!(wide.cells((8, 16), cells(200, 5)), cells(20, 5));
    assert_eq!(wide.cells((8, 16), cells(0, 0)), cells(1, 1));
    assert_eq!(picture(4000, 10).original_size(), (4000, 10));
}

#[test]
fn what_is_no_picture_is_said() {
    for bytes in [b"".as_slice(), b"text", b"\x89PNG\r\n\x1a\n broken"] {
        let fault = Picture::decode(bytes).unwrap_err().to_string();
        assert!(fault.starts_with("the picture cannot be read"), "{fault}");
    }
}

#[test]
fn kitty_gets_pieces_that_are_the_picture() {
    // Noise, so that the file is longer than a piece.
    let pixels = RgbaImage::from_fn(64, 64, |x, y| {
        let noise = x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503);
        let [one, two, three, _] = noise.to_le_bytes();
        Rgba([one, two, three, 255])
    });
    let picture = Picture {
        pixels: pixels.clone(),
        original: (64, 64),
    };
    let sent = kitty(&picture, cells(8, 4));
    let pieces: Vec<&str> = sent.split_terminator("\u{1b}\\").collect();
    assert!(pieces.len() > 2);
    let mut data = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        let (head, body) = piece
            .strip_prefix("\u{1b}_G")
            .unwrap()
            .split_once(';')
            .unwrap();
        let more = u8::from(at + 1 < pieces.len());
        let expected = if at == 0 {
            format!("a=T,f=100,q=2,C=1,c=8,r=4,m={more}")
        } else {
            format!("m={more}")
        };
        assert_eq!(head, expected);
        assert!(body.len() <= 4096);
        data.push_str(body);
    }
    let decoded = Picture::decode(&BASE64_STANDARD.decode(data).unwrap()).unwrap();
    assert_eq!(decoded.pixels, pixels);
}

#[test]
fn iterm_gets_the_file_with_its_size() {
    let sent = inline(&picture(4, 4), cells(8, 4));
    let (head, body) = sent.strip_suffix('\u{7}').unwrap().split_once(':').unwrap();
    let file = BASE64_STANDARD.decode(body).unwrap();
    assert_eq!(
        head,
        format!(
            "\u{1b}]1337;File=inline=1;preserveAspectRatio=1;doNotMoveCursor=1;size={};width=8;height=4",
            file.len()
        )
    );
    assert_eq!(Picture::decode(&file).unwrap().pixels, picture(4, 4).pixels);
}

/// A small reader of sixel: the colour registers of each pixel.
fn read_sixel(sent: &str, width: usize) -> Vec<Vec<Option<u32>>> {
    let body = sent
        .strip_prefix("\u{1b}P0;1q")
        .unwrap()
        .strip_suffix("\u{1b}\\")
        .unwrap();
    let mut rows: Vec<Vec<Option<u32>>> = Vec::new();
    let (mut top, mut x, mut register) = (0, 0, 0);
    let mut rest = body.chars().peekable();
    let number = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        digits.parse::<u32>().unwrap_or(0)
    };
    while let Some(sign) = rest.next() {
        let mut count = 1;
        let mut sign = sign;
        if sign == '!' {
            count = number(&mut rest);
            sign = rest.next().unwrap();
        }
        match sign {
            '"' => while rest.next_if(|c| c.is_ascii_digit() || *c == ';').is_some() {},
            '#' => {
                register = number(&mut rest);
                while rest.next_if(|c| c.is_ascii_digit() || *c == ';').is_some() {}
            }
            '$' => x = 0,
            '-' => (top, x) = (top + 6, 0),
            _ => {
                let bits = u32::from(sign) - u32::from('?');
                for _ in 0..count {
                    for row in 0..6_usize {
                        if bits >> row & 1 == 1 {
                            if rows.len() <= top + row {
                                rows.resize(top + row + 1, vec![None; width]);
                            }
                            rows[top + row][x] = Some(register);
                        }
                    }
                    x += 1;
                }
            }
        }
    }
    rows
}

#[test]
fn sixel_draws_every_pixel_and_leaves_out_what_is_clear() {
    let sent = sixel(&picture(16, 16), cells(2, 1), (8, 16));
    let rows = read_sixel(&sent, 16);
    assert_eq!(rows.len(), 16);
    // Away from the edges, where the halves are mixed.
    assert_eq!((rows[2][2], rows[13][2]), (Some(180), Some(180)));
    assert_eq!((rows[2][13], rows[13][13]), (Some(5), None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn blocks_fill_their_cells(width in 1_u32..40, height in 1_u32..40, columns in 1_usize..30, rows in 1_usize..12) {
        let lines = picture(width, height).blocks(cells(columns, rows));
        prop_assert_eq!(lines.len(), rows);
        for line in lines {
            prop_assert_eq!(line_width(&line), columns);
        }
    }
}
