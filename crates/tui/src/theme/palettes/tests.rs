use super::*;
use crate::theme::contrast::{Rgb, contrast};

/// Backgrounds that people have.
const DARK_BACKGROUNDS: [Rgb; 4] = [
    (0, 0, 0),
    (0x1e, 0x1e, 0x2e),
    (0x28, 0x2c, 0x34),
    (0x00, 0x2b, 0x36),
];
const LIGHT_BACKGROUNDS: [Rgb; 3] = [(255, 255, 255), (0xfd, 0xf6, 0xe3), (0xef, 0xf1, 0xf5)];

const LEAST: f32 = 4.5;

fn rgb(colour: Option<Color>) -> Option<Rgb> {
    match colour {
        Some(Color::Rgb(red, green, blue)) => Some((red, green, blue)),
        _ => None,
    }
}

fn is_dark(palette: Palette) -> bool {
    matches!(palette, Palette::Dark | Palette::DarkCalm)
}

const PAINTED: [Palette; 4] = [
    Palette::Dark,
    Palette::Light,
    Palette::DarkCalm,
    Palette::LightCalm,
];

#[test]
fn every_colour_can_be_read_on_every_background() {
    let mut faults = Vec::new();
    for palette in PAINTED {
        let (own, text): (&[Rgb], Rgb) = if is_dark(palette) {
            (&DARK_BACKGROUNDS, (0xd0, 0xd0, 0xd0))
        } else {
            (&LIGHT_BACKGROUNDS, (0x20, 0x20, 0x20))
        };
        // Code stands on the lines that were added and removed, too.
        let changed = [Role::Added, Role::Removed].map(|role| style(palette, role).bg);
        let mut backgrounds = own.to_vec();
        backgrounds.extend(changed.into_iter().filter_map(rgb));
        for role in Role::ALL {
            let look = style(palette, *role);
            let front = rgb(look.fg).unwrap_or(text);
            let grounds = rgb(look.bg).map_or_else(|| backgrounds.clone(), |own| vec![own]);
            for ground in grounds {
                let reached = contrast(front, ground);
                if reached < LEAST {
                    faults.push(format!("{palette:?} {role:?} on {ground:?}: {reached:.2}"));
                }
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

/// How someone without one kind of cones sees a colour; the matrices are those of Machado,
/// Oliveira and Fernandes for full severity.
fn seen_by(kind: [[f32; 3]; 3], (red, green, blue): Rgb) -> [f32; 3] {
    let parts = [red, green, blue].map(f32::from);
    kind.map(|row| {
        row.iter()
            .zip(parts)
            .map(|(weight, part)| weight * part)
            .sum()
    })
}

const PROTAN: [[f32; 3]; 3] = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];
const DEUTAN: [[f32; 3]; 3] = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];

fn distance(one: [f32; 3], other: [f32; 3]) -> f32 {
    let squares = one.iter().zip(other).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f32>().sqrt()
}

#[test]
fn the_calm_palettes_tell_good_from_bad_without_red_and_green() {
    for palette in [Palette::DarkCalm, Palette::LightCalm] {
        for kind in [PROTAN, DEUTAN] {
            let seen = |colour| seen_by(kind, rgb(colour).unwrap());
            let look = |role| style(palette, role);
            let text = distance(seen(look(Role::Good).fg), seen(look(Role::Bad).fg));
            let ground = distance(seen(look(Role::Added).bg), seen(look(Role::Removed).bg));
            let word = distance(
                seen(look(Role::AddedWord).bg),
                seen(look(Role::RemovedWord).bg),
            );
            assert!(
                text > 80.0 && ground > 30.0 && word > 60.0,
                "{palette:?} {text} {ground} {word}"
            );
        }
    }
}

#[test]
fn without_colours_there_are_none() {
    for role in Role::ALL {
        let look = style(Palette::Plain, *role);
        assert_eq!((look.fg, look.bg), (None, None), "{role:?}");
    }
}

#[test]
fn a_background_is_light_or_dark() {
    use crate::theme::contrast::is_light;
    for background in DARK_BACKGROUNDS {
        assert!(!is_light(background), "{background:?}");
    }
    for background in LIGHT_BACKGROUNDS {
        assert!(is_light(background), "{background:?}");
    }
}
