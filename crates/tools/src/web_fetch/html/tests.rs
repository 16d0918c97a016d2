//! Pages as they are read.

use super::to_text;
use proptest::prelude::*;
use url::Url;

fn read(html: &str) -> String {
    to_text(html, Url::parse("https://example.com/a/b").ok().as_ref())
}

#[test]
fn a_page_reads_as_markdown() {
    let page = r##"<!doctype html><html><head><title> The
      Page </title><style>p{color:red}</style></head><body>
      <h1>Heading</h1>
      <p>One   two <b>three</b>, <em>four</em>.<br>Next &eacute; line</p>
      <ul><li>first</li><li><p>second</p><ul><li>inner</li></ul></li></ul>
      <ol><li>a<li>b</ol>
      <blockquote><p>said</p><p>again</p></blockquote>
      <pre><code>fn main() {
    let x = 1;
}
</code></pre>
      <p>Call <code>run()</code>, see <a href="../c?d=1">the docs</a>, <a href="#here">here</a>,
      <a href="javascript:x()">there</a> <img src=x alt="a cat"></p>
      <table><tr><th>k</th><th>v</th></tr><tr><td>a</td><td>1</td></tr></table>
      <hr>end</body></html>"##;
    insta::assert_snapshot!("page", read(page));
}

#[test]
fn what_a_browser_does_not_show_is_left_out() {
    let page = "<p>seen<script>if (a<b) x('</p>')</script><noscript>no</noscript>\
                <span style='display: none'>no<span>no</span></span><div hidden>no</div>\
                <i aria-hidden=true>no</i><!-- no --><svg><text>no</text></svg><svg/> too</p>";
    assert_eq!(read(page), "seen too");
}

#[test]
fn the_main_part_stands_for_the_page_when_there_is_enough_of_it() {
    let words = "word ".repeat(100);
    let page = format!("<title>T</title><nav>menu</nav><main>{words}</main><footer>foot</footer>");
    assert_eq!(read(&page), format!("title: T\n\n{}", words.trim()));
    assert_eq!(read("<nav>menu</nav><main>little</main>"), "menu\n\nlittle");
}

#[test]
fn broken_markup_loses_no_words() {
    assert_eq!(
        read("<p>a<a href=/x>b<p>c</b></i></li>d"),
        "a[b\n\nc\nd](https://example.com/x)"
    );
    assert_eq!(read("a < b && c > d <"), "a < b && c > d <");
    assert_eq!(read("</pre></ul></blockquote>x"), "x");
}

proptest! {
    #[test]
    fn any_text_is_read(text in "(<[a-z/]{0,6}( [a-z]{1,4}=[^>]{0,4})?>|[a-z &<>\\n]{0,6}){0,40}") {
        let shown = read(&text);
        prop_assert!(shown.len() <= text.len() * 40 + 40);
    }
}
