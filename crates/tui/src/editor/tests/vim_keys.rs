//! Tables of texts before and after the keys of vim.

use super::*;

/// Types into an editor that is in vim's normal mode.
fn check(before: &str, written: &str, after: &str) {
    let mut editor = editor(before);
    editor.set_vim(true);
    // Escape moves the cursor back, so it goes where the drawing has it afterwards.
    let at = editor.cursor();
    editor.key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
    editor.buffer.move_to(at);
    typed(&mut editor, written);
    assert_eq!(drawn(&editor), after, "{before:?} {written}");
}

#[test]
fn motions() {
    for (before, keys, after) in [
        ("|one two", "w", "one |two"),
        ("|one.two", "w", "one|.two"),
        ("|one.two x", "W", "one.two |x"),
        ("|a b c d", "3w", "a b c |d"),
        ("one |two", "b", "|one two"),
        ("one.two| x", "B", "|one.two x"),
        ("|one two", "e", "on|e two"),
        ("on|e two", "e", "one tw|o"),
        ("|one.x two", "E", "one.|x two"),
        ("one two |x", "ge", "one tw|o x"),
        ("one. two |x", "gE", "one. tw|o x"),
        ("one t|wo", "0", "|one two"),
        ("  one t|wo", "^", "  |one two"),
        ("|one two", "$", "one tw|o"),
        ("|one two", "fo", "one tw|o"),
        ("|two one", "fo", "tw|o one"),
        ("|two one", "2fo", "two |one"),
        ("|two one", "to", "t|wo one"),
        ("|two one o", "to;", "two| one o"),
        ("|two one", "fo;", "two |one"),
        ("|two one", "fo;,", "tw|o one"),
        ("two on|e", "Ft", "|two one"),
        ("two on|e", "Tt", "t|wo one"),
        ("one\ntwo\nth|ree", "gg", "|one\ntwo\nthree"),
        ("o|ne\ntwo\n  three", "G", "one\ntwo\n  |three"),
        ("o|ne\ntwo\nthree", "2G", "one\n|two\nthree"),
        ("|a\nb\n\nc\nd", "}", "a\nb\n|\nc\nd"),
        ("a\nb\n\nc\n|d", "{", "a\nb\n|\nc\nd"),
        ("|(a [b] c)", "%", "(a [b] c|)"),
        ("(a [b|] c)", "%", "(a |[b] c)"),
        ("x |y (z)", "%", "x y (z|)"),
        ("|ab", "ll", "a|b"),
        ("a|b", "hhh", "|ab"),
        ("one\nt|wo", "k", "o|ne\ntwo"),
        ("o|ne\ntwo", "j", "one\nt|wo"),
        ("|one", "l<Left>", "|one"),
        ("a\n\n|b", "b", "a\n|\nb"),
        ("|a\n\nb", "w", "a\n|\nb"),
        ("|日本 語", "w", "日本 |語"),
    ] {
        check(before, keys, after);
    }
}

#[test]
fn operators() {
    for (before, keys, after) in [
        ("|one two", "dw", "|two"),
        ("one |two", "dw", "one| "),
        ("|one\ntwo", "dw", "|\ntwo"),
        ("|a b c d", "2dw", "|c d"),
        ("|a b c d e", "2d2w", "|e"),
        ("one t|wo", "db", "one |wo"),
        ("|one two", "de", "| two"),
        ("one |two", "d0", "|two"),
        ("on|e two", "d$", "o|n"),
        ("on|e two", "D", "o|n"),
        ("|one two", "dtt", "|two"),
        ("|one two", "dft", "|wo"),
        ("one tw|o", "dFo", "|o"),
        ("one\nt|wo\nthree", "dd", "one\n|three"),
        ("one\nt|wo", "dd", "|one"),
        ("|one", "dd", "|"),
        ("o|ne\ntwo\nthree", "2dd", "|three"),
        ("o|ne\ntwo\nthree", "dj", "|three"),
        ("one\ntwo\nth|ree", "dgg", "|"),
        ("one\nt|wo\nthree", "dG", "|one"),
        ("|a\nb\n\nc", "d}", "|\nc"),
        ("f|(a, b) x", "d%", "f| x"),
        ("|one two", "cwx<Esc>", "|x two"),
        ("|one two three", "c2wx<Esc>", "|x three"),
        ("one |two", "ccx<Esc>", "|x"),
        ("  one |two", "ccx<Esc>", "  |x"),
        ("one |two", "Cx<Esc>", "one |x"),
        ("one |two", "Sx<Esc>", "|x"),
        ("|one", "sx<Esc>", "|xne"),
        ("|one", "2sx<Esc>", "|xe"),
        ("|one two", "ywP", "one| one two"),
        ("|one two", "yw$p", "one twoone| "),
        ("o|ne\ntwo", "yyjp", "one\ntwo\n|one"),
        ("o|ne\ntwo", "yyP", "|one\none\ntwo"),
        ("o|ne\ntwo", "yy2p", "one\n|one\none\ntwo"),
        ("|one\ntwo", ">>", "    |one\ntwo"),
        ("|one\ntwo", ">j", "    |one\n    two"),
        ("    o|ne", "<lt><lt>", "|one"),
        ("  o|ne", "<lt><lt>", "|one"),
        ("|ONE two", "guw", "|one two"),
        ("|one two", "gUiw", "|ONE two"),
        ("|oNe two", "g~~", "|OnE TWO"),
        ("on|e two", "yb", "|one two"),
    ] {
        check(before, keys, after);
    }
}

#[test]
fn objects() {
    for (before, keys, after) in [
        ("one t|wo three", "diw", "one | three"),
        ("one t|wo three", "daw", "one |three"),
        ("one t|wo", "daw", "on|e"),
        ("one.t|wo three", "diW", "| three"),
        ("say \"h|i you\" now", "di\"", "say \"|\" now"),
        ("say \"h|i you\" now", "da\"", "say |now"),
        ("s|ay \"hi\" now", "di\"", "say \"|\" now"),
        ("say 'h\\'|i' now", "di'", "say '|' now"),
        ("f(a, (b|), c)", "di(", "f(a, (|), c)"),
        ("f(a, (b|), c)", "2di(", "f(|)"),
        ("f(a|, b)", "dab", "|f"),
        ("x[a|]", "di[", "x[|]"),
        ("{\n  a|\n}", "di{", "{|}"),
        ("f(a|)", "ci(z<Esc>", "f(|z)"),
        ("a\nb|\n\nc", "dip", "|\nc"),
        ("a\nb|\n\nc", "dap", "|c"),
        ("x|", "di(", "|x"),
    ] {
        check(before, keys, after);
    }
}

#[test]
fn other_commands() {
    for (before, keys, after) in [
        ("|abc", "x", "|bc"),
        ("|abc", "2x", "|c"),
        ("ab|c", "x", "a|b"),
        ("ab|c", "X", "a|c"),
        ("|abc", "rx", "|xbc"),
        ("|abc", "2rx", "x|xc"),
        ("|abc", "4rx", "|abc"),
        ("|aBc", "~~", "Ab|c"),
        ("|one\n  two", "J", "one| two"),
        ("|one\ntwo\nthree", "3J", "one two| three"),
        ("|one\n  two", "gJ", "one|  two"),
        ("|ab", "xp", "b|a"),
        ("|one", "ix<Esc>", "|xone"),
        ("|one", "ax<Esc>", "o|xne"),
        ("  o|ne", "Ix<Esc>", "  |xone"),
        ("|one", "Ax<Esc>", "one|x"),
        ("o|ne\ntwo", "ox<Esc>", "one\n|x\ntwo"),
        ("one\nt|wo", "Ox<Esc>", "one\n|x\ntwo"),
        ("|x", "3iab<Esc>", "ababa|bx"),
        ("|one two", "dwu", "|one two"),
        ("|one two", "dwu<C-r>", "|two"),
        ("|one two three", "dw.", "|three"),
        ("|one two three", "cwx<Esc>w.", "x |x three"),
        ("|a b", "ixy<Esc>.", "xx|yya b"),
        ("|one\ntwo\nthree", "dd.", "|three"),
        ("|abc", "x3.", "|"),
        ("|one two", "\"ayw\"_dw\"aP", "one| two"),
        ("|one two", "\"ayww\"Ayw\"ap", "one tone tw|owo"),
        ("|one two", "ywdw\"0P", "one| two"),
        ("|one two", "ciwa<Esc>u", "|one two"),
    ] {
        check(before, keys, after);
    }
}

#[test]
fn visual_modes() {
    for (before, keys, after) in [
        ("|one two", "vld", "|e two"),
        ("|one two", "vey$p", "one twoon|e"),
        ("|one two", "vec!<Esc>", "|! two"),
        ("o|ne\ntwo\nthree", "Vjd", "|three"),
        ("o|ne\ntwo", "Vyjp", "one\ntwo\n|one"),
        ("|one two", "viwU", "|ONE two"),
        ("|one two", "vlrx", "|xxe two"),
        ("|one\ntwo", "VjJ", "one| two"),
        ("|one\ntwo", "Vj>", "    |one\n    two"),
        ("on|e two", "vhohd", "o|e two"),
        ("|one two", "yiwwviwp", "one on|e"),
        ("f(a |b)", "vi(d", "f(|)"),
        ("|one two", "v<Esc>x", "|ne two"),
        ("|one", "v$d", "|"),
    ] {
        check(before, keys, after);
    }
}

#[test]
fn modes_are_told_and_escape_leaves_them() {
    let mut editor = editor("ab|");
    editor.set_vim(true);
    assert_eq!(editor.vim_mode(), Some(vim::Mode::Insert));
    assert_eq!(typed(&mut editor, "<Esc>"), Outcome::Moved);
    assert_eq!(drawn(&editor), "a|b");
    assert_eq!(editor.vim_mode(), Some(vim::Mode::Normal));
    // Now it is the client's.
    assert_eq!(typed(&mut editor, "<Esc>"), Outcome::Ignored);
    typed(&mut editor, "2d");
    assert_eq!(editor.vim_pending(), "2d");
    assert_eq!(typed(&mut editor, "<Esc>"), Outcome::Moved);
    assert_eq!(editor.vim_pending(), "");
    typed(&mut editor, "V");
    assert_eq!(editor.vim_mode(), Some(vim::Mode::VisualLine));
    assert_eq!(typed(&mut editor, "<Esc>/"), Outcome::Search);
    assert_eq!(typed(&mut editor, "k"), Outcome::Earlier);
    assert_eq!(typed(&mut editor, "j"), Outcome::Later);
    assert_eq!(typed(&mut editor, "<Enter>"), Outcome::Submitted);
    editor.clear();
    assert_eq!(editor.vim_mode(), Some(vim::Mode::Insert));
}

#[test]
fn two_letters_can_stand_for_escape() {
    let mut editor = editor("|");
    editor.set_vim(true);
    editor.set_vim_leave(Some(('j', 'j')));
    typed(&mut editor, "abjxjj");
    assert_eq!(drawn(&editor), "abj|x");
    assert_eq!(editor.vim_mode(), Some(vim::Mode::Normal));
}

#[test]
fn insert_mode_has_the_keys_of_readline() {
    let mut editor = editor("|");
    editor.set_vim(true);
    typed(&mut editor, "one two<C-w><C-a>x<S-Enter>");
    assert_eq!(drawn(&editor), "x\n|one ");
    // All of it is one step.
    typed(&mut editor, "<Esc>u");
    assert_eq!(editor.vim_mode(), Some(vim::Mode::Normal));
}
