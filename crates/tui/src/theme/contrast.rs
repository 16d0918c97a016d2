//! How well one colour stands out from another, as the guidelines for accessible content reckon.

/// Red, green and blue.
pub type Rgb = (u8, u8, u8);

/// How bright a colour is to the eye, from 0 to 1.
pub fn luminance((red, green, blue): Rgb) -> f32 {
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

fn linear(part: u8) -> f32 {
    let part = f32::from(part) / 255.0;
    if part <= 0.040_45 {
        part / 12.92
    } else {
        ((part + 0.055) / 1.055).powf(2.4)
    }
}

/// From 1, the same brightness, to 21, black on white. Text needs 4.5.
pub fn contrast(one: Rgb, other: Rgb) -> f32 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Whether dark text is better read on this background than light text.
pub fn is_light(background: Rgb) -> bool {
    contrast(background, (0, 0, 0)) > contrast(background, (255, 255, 255))
}
