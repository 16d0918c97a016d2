//! Letters of other scripts that look like those of ASCII. Never used to make a look-alike equal
//! to what it imitates where something is permitted: only to tell it, and to find forbidden terms.

/// Pairs of letters and what they look like.
const PAIRS: &[(&str, &str)] = &[
    // Cyrillic.
    ("аАвВеЕзЗкКмМнНоОрРсСтТуУхХ", "aAbBeE33kKmMhHoOpPcCtTyYxX"),
    ("ѕЅіІјЈԛԚԝԜһҺӏӀѵѴԁԌѐёЁїЇүҮ", "sSiIjJqQwWhHlIvVdGeeEiIyY"),
    // Greek.
    (
        "αΑβΒεΕζΖηΗιΙκΚμΜνΝοΟρΡτΤυΥχΧγωσ",
        "aAbBeEzZnHiIkKuMvNoOpPtTuYxXywo",
    ),
    // Armenian, Cherokee, small capitals and the like.
    ("օՕսՍոհցքզաԱ", "oOuUnhgqquU"),
    ("ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᎩᏃ", "ABCDEGHiJKLMPRSTVWYZ"),
    (
        "ıɑɡɩʟɴʀʏᴀʙᴄᴅᴇꜰɢʜɪᴊᴋᴍᴏᴘꜱᴛᴜᴠᴡᴢ",
        "iagilnryabcdefghijkmopstuvwz",
    ),
    // Latin with marks, as they are used to slip past a filter.
    ("àáâãäåāăąÀÁÂÃÄÅĀĂĄ", "aaaaaaaaaAAAAAAAAA"),
    ("çćčÇĆČďđĎĐèéêëēėęěÈÉÊËĒĖĘĚ", "cccCCCddDDeeeeeeeeEEEEEEEE"),
    ("ğģĞĢìíîïīįÌÍÎÏĪĮİķĶłļľŁĻĽ", "ggGGiiiiiiIIIIIIIkKlllLLL"),
    ("ñńņňÑŃŅŇòóôõöøōőÒÓÔÕÖØŌŐ", "nnnnNNNNooooooooOOOOOOOO"),
    (
        "řŕŘŔśşšŚŞŠťţŤŢùúûüūůűųÙÚÛÜŪŮŰŲ",
        "rrRRsssSSSttTTuuuuuuuuUUUUUUUU",
    ),
    ("ýÿÝžźżŽŹŻ", "yyYzzzZZZ"),
];

/// Letters that imitate one of ASCII among its own kind only: a word of theirs reads as theirs.
const WEAK: &str = "вгзкмнтёїүβγζηικμντυχωσ";

/// Where Latin letters with marks begin in the table: these deceive nobody.
const FIRST_MARKED: char = '\u{c0}';
const LAST_MARKED: char = '\u{17f}';

/// The character of ASCII that this one looks like, if it is not ASCII itself.
pub(crate) fn latin(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    let code = u32::from(c);
    match code {
        0xff01..=0xff5e => return char::from_u32(code - 0xfee0),
        // Mathematical letters come in alphabets of 52, digits in tens.
        0x1d400..=0x1d6a3 => {
            let place = (code - 0x1d400) % 52;
            let base = if place < 26 {
                u32::from('A') + place
            } else {
                u32::from('a') + place - 26
            };
            return char::from_u32(base);
        }
        0x1d7ce..=0x1d7ff => return char::from_u32(u32::from('0') + (code - 0x1d7ce) % 10),
        0x24b6..=0x24cf => return char::from_u32(u32::from('A') + code - 0x24b6),
        0x24d0..=0x24e9 => return char::from_u32(u32::from('a') + code - 0x24d0),
        _ => {}
    }
    PAIRS.iter().find_map(|(from, to)| {
        let place = from.chars().position(|known| known == c)?;
        to.chars().nth(place)
    })
}

/// Whether a word reads as another one: it mixes ASCII letters with look-alikes of other scripts,
/// or is made of look-alikes alone.
pub(crate) fn deceives(word: &str) -> bool {
    if word.is_ascii() {
        return false;
    }
    let is_marked = |c: char| (FIRST_MARKED..=LAST_MARKED).contains(&c) && c != 'ı';
    let mut has_ascii = false;
    let mut has_double = false;
    let mut has_own = false;
    for c in word.chars() {
        if c.is_ascii_alphabetic() || is_marked(c) {
            has_ascii = true;
        } else if c.is_ascii() {
            // Digits go with every script.
        } else if latin(c).is_some() {
            has_double = true;
            has_own |= WEAK.contains(c);
        } else {
            has_own = true;
        }
    }
    has_double && (has_ascii || !has_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_its_partner() {
        for (from, to) in PAIRS {
            assert_eq!(from.chars().count(), to.chars().count(), "{from}");
            assert!(to.is_ascii(), "{to}");
            assert!(from.chars().all(|c| !c.is_ascii()), "{from}");
        }
    }

    #[test]
    fn words_of_another_script_do_not_deceive() {
        for word in [
            "отчёт",
            "тест",
            "naïve",
            "Größe",
            "日本語",
            "λόγος",
            "résumé",
        ] {
            assert!(!deceives(word), "{word}");
        }
    }

    #[test]
    fn mixed_and_imitated_words_deceive() {
        for word in ["cаt", "сору", "ｌｓ", "𝐫𝐦", "pаypal"] {
            assert!(deceives(word), "{word}");
        }
    }
}
