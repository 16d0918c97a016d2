//! Bodies of all kinds and charsets.

use super::of;
use gimlet_ports::WebPage;

fn text(content_type: Option<&str>, body: &[u8]) -> Result<String, String> {
    of(&WebPage {
        url: "https://example.com/".to_owned(),
        status: 200,
        status_text: "OK".to_owned(),
        content_type: content_type.map(str::to_owned),
        body: body.to_vec(),
        hops: Vec::new(),
    })
}

fn good(content_type: &str, body: &[u8]) -> String {
    text(Some(content_type), body).unwrap()
}

#[test]
fn the_charset_is_that_of_the_mark_the_header_the_page_or_what_fits() {
    assert_eq!(good("text/plain", "grün".as_bytes()), "grün");
    assert_eq!(good("text/plain", b"gr\xfcn"), "grün");
    assert_eq!(good("text/plain; charset=ISO-8859-2", b"\xb1"), "ą");
    assert_eq!(good("text/plain; charset=\"shift_jis\"", b"\x93\xfa"), "日");
    assert_eq!(good("text/plain; charset=utf-8", b"\xff\xfea\0b\0"), "ab");
    assert_eq!(
        good("text/html", b"<meta charset='windows-1251'><p>\xcf\xf0"),
        "Пр"
    );
    assert_eq!(
        good(
            "text/html",
            b"<meta http-equiv=x content='text/html; charset=koi8-r'><p>\xf0"
        ),
        "П"
    );
}

#[test]
fn json_on_one_line_is_laid_out_and_other_json_is_kept() {
    assert_eq!(
        good("application/json", br#"{"b":1,"a":[2]}"#),
        "{\n  \"b\": 1,\n  \"a\": [\n    2\n  ]\n}"
    );
    assert_eq!(good("application/json", b"{\n\"a\":1}"), "{\n\"a\":1}");
    assert_eq!(good("application/problem+json", b"{broken"), "{broken");
}

#[test]
fn html_is_known_by_its_start_where_nothing_says_so() {
    assert_eq!(text(None, b" <!DOCTYPE html><p>x"), Ok("x".to_owned()));
    assert_eq!(good("application/octet-stream", b"<html><p>x"), "x");
    assert_eq!(good("text/plain", b"<html><p>x"), "<html><p>x");
    assert_eq!(text(None, b"a\0b"), Err("it is no text".to_owned()));
}

#[test]
fn a_pdf_is_read_page_by_page() {
    let pdf = include_bytes!("../../../tests/it/web/hello.pdf");
    let shown = good("application/pdf", pdf);
    assert_eq!(shown, good("text/plain", pdf), "known by its start, too");
    assert_eq!(shown, "--- page 1 ---\nHello from a page\n");
}
