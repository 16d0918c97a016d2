//! The public web, played by servers on loopback of which exactly one address is permitted.

use flate2::{Compression, write::GzEncoder};
use gimlet_ports::{Fetched, Later, Web as _, WebFault, WebHit, WebHop, WebPage, WebQuery};
use gimlet_providers::{
    FetchLimits, FetchOptions, Lookup, PublicWeb, SearchOptions, SearchService, Secret,
};
use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Answers a request, given its first line.
type Serve = dyn Fn(&str, &mut TcpStream) -> io::Result<()> + Send + Sync;

/// A server with what it was asked, heads and bodies.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(serve: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (heard, serve): (_, Arc<Serve>) = (Arc::clone(&asked), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, serve) = (Arc::clone(&heard), Arc::clone(&serve));
                std::thread::spawn(move || answer(stream, &heard, &*serve));
            }
        });
        Self { address, asked }
    }

    /// Answers everything with this head and body.
    fn of(head: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self::new(move |_, stream| reply(stream, "200 OK", head, &body))
    }

    fn url(&self, path: &str) -> String {
        format!("http://site.test:{}{path}", self.address.port())
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, heard: &Mutex<Vec<String>>, serve: &Serve) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    head.push_str(&String::from_utf8(body).unwrap());
    let first = head.lines().next().unwrap_or_default().to_owned();
    heard.lock().unwrap().push(head);
    // A client that hangs up early is what many of these tests want.
    drop(serve(&first, &mut stream));
}

fn reply(stream: &mut TcpStream, status: &str, head: &str, body: &[u8]) -> io::Result<()> {
    let gap = if head.is_empty() { "" } else { "\r\n" };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{head}{gap}connection: close\r\ncontent-length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)
}

fn redirect(stream: &mut TcpStream, to: &str) -> io::Result<()> {
    reply(stream, "302 Found", &format!("location: {to}"), b"")
}

/// Gives each question the next of its answers, and the last one for ever.
struct Answers {
    each: Vec<Vec<SocketAddr>>,
    asked: Mutex<usize>,
}

impl Lookup for Answers {
    fn lookup<'a>(&'a self, _: &'a str, port: u16) -> Later<'a, io::Result<Vec<SocketAddr>>> {
        let mut asked = self.asked.lock().unwrap();
        let answer = self.each.get(*asked).or(self.each.last()).unwrap();
        *asked += 1;
        let answer = answer
            .iter()
            .map(|address| SocketAddr::new(address.ip(), port))
            .collect();
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn options(server: &Server) -> FetchOptions {
    answering(server, vec![vec![server.address]])
}

fn answering(server: &Server, each: Vec<Vec<SocketAddr>>) -> FetchOptions {
    FetchOptions {
        lookup: Arc::new(Answers {
            each,
            asked: Mutex::new(0),
        }),
        plain_hosts: ["site.test", "127.0.0.1", "other.test"]
            .map(str::to_owned)
            .to_vec(),
        permitted: Some(server.address),
        limits: FetchLimits {
            connect: Duration::from_secs(5),
            headers: Duration::from_secs(5),
            idle: Duration::from_secs(5),
            whole: Duration::from_secs(20),
            bytes: 100_000,
        },
    }
}

fn limited(server: &Server, change: impl FnOnce(&mut FetchLimits)) -> FetchOptions {
    let mut options = options(server);
    change(&mut options.limits);
    options
}

fn get(options: FetchOptions, url: &str) -> Result<Fetched, WebFault> {
    let web = PublicWeb::new(options, Err("none".to_owned()));
    block(web.fetch(url))
}

fn block<T>(later: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(later)
}

fn page(fetched: Result<Fetched, WebFault>) -> Arc<WebPage> {
    match fetched {
        Ok(Fetched::Page(page)) => page,
        other => panic!("{other:?}"),
    }
}

fn refusal(fetched: Result<Fetched, WebFault>) -> String {
    match fetched {
        Err(WebFault::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_page_comes_with_its_status_and_kind_and_says_nothing_of_the_person() {
    let server = Server::of("content-type: text/html; charset=utf-8", "<p>hi");
    let url = server.url("/a?b=c#part");
    let got = page(get(options(&server), &url));
    assert_eq!(
        *got,
        WebPage {
            url: server.url("/a?b=c"),
            status: 200,
            status_text: "OK".to_owned(),
            content_type: Some("text/html; charset=utf-8".to_owned()),
            body: b"<p>hi".to_vec(),
            hops: Vec::new(),
        }
    );
    let port = server.address.port();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        server.asked(),
        [format!(
            "GET /a?b=c HTTP/1.1\r\naccept: text/markdown, text/html, application/json, \
             text/plain, */*;q=0.5\r\naccept-encoding: gzip\r\nuser-agent: gimlet/{version}\r\n\
             host: site.test:{port}\r\n"
        )]
    );
}

#[test]
fn closed_addresses_are_refused_in_every_spelling_and_never_connected_to() {
    let server = Server::of("", "secret");
    let port = server.address.port();
    let mut refused = options(&server);
    refused.permitted = None;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0",
        "１２７.0.0.1",
        "site.test",
    ] {
        let url = format!("http://{host}:{port}/");
        let why = refusal(get(refused.clone(), &url));
        assert!(
            why.ends_with("only the public internet is fetched from"),
            "{host}: {why}"
        );
    }
    assert_eq!(server.asked(), Vec::<String>::new());
    let why = refusal(get(refused, "http://169.254.169.254/latest/meta-data/"));
    assert_eq!(
        why,
        "169.254.169.254 is at 169.254.169.254 (link-local); only the public internet is fetched \
         from"
    );
}

#[test]
fn only_the_one_permitted_address_and_port_is_open_to_a_test() {
    let (open, other) = (Server::of("", "open"), Server::of("", "other"));
    let url = format!("http://127.0.0.1:{}/", open.address.port());
    assert_eq!(page(get(options(&open), &url)).body, b"open");
    let url = format!("http://127.0.0.1:{}/", other.address.port());
    refusal(get(options(&open), &url));
    assert_eq!(other.asked(), Vec::<String>::new());
}

#[test]
fn a_name_that_is_rebound_between_two_requests_is_refused() {
    let bait = Server::new(|_, stream| redirect(stream, "/again"));
    let inner: SocketAddr = "127.0.0.2:1".parse().unwrap();
    let options = answering(&bait, vec![vec![bait.address], vec![inner]]);
    let why = refusal(get(options, &bait.url("/")));
    assert_eq!(
        why,
        "site.test is at 127.0.0.2 (this machine); only the public internet is fetched from"
    );
    assert_eq!(bait.asked().len(), 1);
}

#[test]
fn what_was_checked_is_what_is_connected_to_whatever_the_name_server_says_next() {
    // The second answer would fail: nothing asks for it.
    let server = Server::of("", "checked");
    let closed: SocketAddr = "10.0.0.1:1".parse().unwrap();
    let lookup = Arc::new(Answers {
        each: vec![vec![server.address], vec![closed]],
        asked: Mutex::new(0),
    });
    let options = FetchOptions {
        lookup: Arc::clone(&lookup) as Arc<dyn Lookup>,
        ..options(&server)
    };
    assert_eq!(page(get(options, &server.url("/"))).body, b"checked");
    assert_eq!(*lookup.asked.lock().unwrap(), 1);
}

#[test]
fn one_closed_address_among_open_ones_is_enough() {
    let server = Server::of("", "secret");
    let inner: SocketAddr = "192.168.1.1:1".parse().unwrap();
    let options = answering(&server, vec![vec![server.address, inner]]);
    let why = refusal(get(options, &server.url("/")));
    assert!(why.contains("192.168.1.1 (a private network)"), "{why}");
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[test]
fn redirects_on_the_same_host_are_followed_and_shown() {
    let server = Server::new(|first, stream| match first {
        "GET /1 HTTP/1.1" => redirect(stream, "2"),
        "GET /2 HTTP/1.1" => redirect(stream, "/3#part"),
        _ => reply(stream, "200 OK", "", b"there"),
    });
    let got = page(get(options(&server), &server.url("/1")));
    assert_eq!(
        (got.url.as_str(), &got.body[..]),
        (&*server.url("/3"), &b"there"[..])
    );
    let hop = |from: &str, to: &str| WebHop {
        status: 302,
        from: server.url(from),
        to: server.url(to),
    };
    assert_eq!(got.hops, [hop("/1", "/2"), hop("/2", "/3#part")]);
}

#[test]
fn a_redirect_to_another_host_is_given_back_and_into_this_machine_is_never_followed() {
    for to in [
        "http://other.test/x",
        "http://127.0.0.1:22/",
        "http://[::1]/",
    ] {
        let server = Server::new(move |_, stream| redirect(stream, to));
        let fetched = get(options(&server), &server.url("/")).unwrap();
        let hops = vec![WebHop {
            status: 302,
            from: server.url("/"),
            to: to.to_owned(),
        }];
        assert_eq!(fetched, Fetched::Moved { hops });
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn redirects_to_other_schemes_and_for_ever_end_with_the_way_there() {
    let server = Server::new(|_, stream| redirect(stream, "file:///etc/passwd"));
    let why = refusal(get(options(&server), &server.url("/")));
    assert_eq!(
        why,
        "only http and https addresses are fetched, not file: (redirected to file:///etc/passwd)"
    );
    let server = Server::new(|_, stream| redirect(stream, "/"));
    let fault = get(options(&server), &server.url("/")).unwrap_err();
    assert!(
        fault.to_string().starts_with("more than 10 redirects"),
        "{fault}"
    );
    assert_eq!(server.asked().len(), 10);
}

#[test]
fn plain_http_becomes_https_but_for_named_hosts() {
    let server = Server::of("", "plain");
    let mut options = options(&server);
    options.plain_hosts = Vec::new();
    let fault = get(options, &server.url("/")).unwrap_err();
    assert!(
        fault.to_string().starts_with("https://site.test:"),
        "{fault}"
    );
    let asked = server.asked();
    assert!(
        asked.iter().all(|head| !head.starts_with("GET")),
        "{asked:?}"
    );
}

#[test]
fn other_schemes_and_addresses_with_names_in_them_are_refused() {
    let server = Server::of("", "");
    for url in [
        "ftp://site.test/",
        "file:///etc/passwd",
        "site.test",
        "data:,x",
    ] {
        refusal(get(options(&server), url));
    }
    let why = refusal(get(options(&server), "http://me:secret@site.test/"));
    assert_eq!(
        why,
        "addresses with a name or password in them are not fetched"
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn packed_bodies_are_unpacked_up_to_the_limit() {
    let head = "content-encoding: gzip\r\ncontent-type: text/plain";
    let server = Server::of(head, gzip(b"unpacked"));
    assert_eq!(
        page(get(options(&server), &server.url("/"))).body,
        b"unpacked"
    );
    let bomb = Server::of(head, gzip(&vec![0; 2 << 20]));
    let too_large = |server: &Server| {
        let fault = get(options(server), &server.url("/")).unwrap_err();
        let text = format!(
            "{} is larger than the limit of 100000 bytes",
            server.url("/")
        );
        assert_eq!(fault, WebFault::Unfit(text));
    };
    too_large(&bomb);
    too_large(&Server::of("", vec![b'x'; 100_001]));
    // Members without content never fill the limit of what is unpacked.
    too_large(&Server::of(head, gzip(b"").repeat(6_000)));
    let endless = Server::new(|_, stream| {
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        )?;
        loop {
            write!(stream, "400\r\n{}\r\n", "x".repeat(1_024))?;
        }
    });
    too_large(&endless);
}

#[test]
fn bodies_without_text_and_damaged_ones_are_not_taken() {
    let image = Server::of("content-type: image/png", "x");
    let fault = get(options(&image), &image.url("/")).unwrap_err();
    let text = format!("{} is image/png, which holds no text", image.url("/"));
    assert_eq!(fault, WebFault::Unfit(text));
    let damaged = Server::of("content-encoding: gzip", "no gzip at all");
    let fault = get(options(&damaged), &damaged.url("/")).unwrap_err();
    assert!(matches!(fault, WebFault::Failed(_)), "{fault:?}");
    let strange = Server::of("content-encoding: br", "x");
    let fault = get(options(&strange), &strange.url("/")).unwrap_err();
    assert!(matches!(fault, WebFault::Unfit(_)), "{fault:?}");
}

/// Waits until the client hangs up.
fn hold(stream: &mut TcpStream) -> io::Result<()> {
    io::copy(stream, &mut io::sink()).map(drop)
}

#[test]
fn slow_servers_are_given_up_at_each_stage() {
    let short = Duration::from_millis(50);
    let failed = |options: FetchOptions, server: &Server, words: &str| {
        let fault = get(options, &server.url("/")).unwrap_err();
        assert!(fault.to_string().ends_with(words), "{fault}");
    };
    let silent = Server::new(|_, stream| hold(stream));
    let options = limited(&silent, |limits| limits.headers = short);
    failed(options, &silent, "did not answer in time");
    let stuck = Server::new(|_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab")?;
        hold(stream)
    });
    let options = limited(&stuck, |limits| limits.idle = short);
    failed(options, &stuck, "stopped in mid-answer");
    let options = limited(&stuck, |limits| limits.whole = short);
    failed(options, &stuck, "the page was not there after 0.05 s");
}

#[test]
fn headers_without_an_end_are_given_up() {
    let server = Server::new(|_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\n")?;
        loop {
            write!(stream, "x-more: {}\r\n", "y".repeat(500))?;
        }
    });
    let fault = get(options(&server), &server.url("/")).unwrap_err();
    assert!(matches!(fault, WebFault::Failed(_)), "{fault:?}");
}

#[test]
fn a_page_is_fetched_once_and_a_failure_anew() {
    let server = Server::new(|first, stream| {
        let status = if first.contains("good") {
            "200 OK"
        } else {
            "404 Not Found"
        };
        reply(stream, status, "", b"text")
    });
    let web = PublicWeb::new(options(&server), Err("none".to_owned()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for path in ["/good", "/good#part", "/bad", "/bad"] {
        let got = page(runtime.block_on(web.fetch(&server.url(path))));
        assert_eq!(got.body, b"text");
    }
    let asked = server.asked();
    let asked: Vec<&str> = asked
        .iter()
        .filter_map(|head| head.lines().next())
        .collect();
    assert_eq!(
        asked,
        [
            "GET /good HTTP/1.1",
            "GET /bad HTTP/1.1",
            "GET /bad HTTP/1.1"
        ]
    );
}

fn search(
    service: SearchService,
    server: &Server,
    query: &WebQuery,
) -> Result<Vec<WebHit>, WebFault> {
    let options = SearchOptions {
        service,
        base_url: Some(format!("http://{}/", server.address)),
        key: (service != SearchService::SearXng).then(|| Secret::new("k-secret")),
    };
    let web = PublicWeb::new(FetchOptions::default(), Ok(options));
    assert_eq!(web.search_host(), Ok("127.0.0.1".to_owned()));
    block(web.search(query))
}

fn query(only: &[&str], never: &[&str]) -> WebQuery {
    let owned = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect();
    WebQuery {
        words: "rust traits".to_owned(),
        only: owned(only),
        never: owned(never),
    }
}

/// What was asked, without the headers that every request has, and what was found.
fn exchange(service: SearchService, body: &'static str, query: &WebQuery) -> String {
    let server = Server::of("content-type: application/json", body);
    let hits = search(service, &server, query).unwrap();
    let noise = ["accept", "host:", "user-agent", "content-length"];
    let asked = server.asked().concat();
    let mut lines: Vec<&str> = asked
        .lines()
        .filter(|line| !noise.iter().any(|name| line.starts_with(name)))
        .collect();
    let hits: Vec<String> = hits.iter().map(|hit| format!("{hit:?}")).collect();
    lines.extend(hits.iter().map(String::as_str));
    lines.join("\n")
}

#[test]
fn each_service_is_asked_and_read_in_its_own_way() {
    let searxng = r#"{"query":"rust traits","number_of_results":0,"results":[
        {"url":"https://doc.rust-lang.org/book/","title":"Traits","content":" Defining ","engine":"brave","score":2.0},
        {"url":"javascript:alert(1)","title":"No"}],"answers":[],"unresponsive_engines":[["google","timeout"]]}"#;
    let brave = r#"{"type":"search","query":{"original":"rust traits"},"web":{"type":"search","results":[
        {"title":"Traits","url":"https://doc.rust-lang.org/book/","description":"Defining <strong>shared</strong>","age":"2 days"}]}}"#;
    let tavily = r#"{"query":"rust traits","answer":null,"images":[],"results":[
        {"title":"Traits","url":"https://doc.rust-lang.org/book/","content":"Defining","score":0.9,"raw_content":null}],"response_time":1.2}"#;
    let exa = r#"{"requestId":"x","results":[
        {"id":"https://doc.rust-lang.org/book/","title":"Traits","url":"https://doc.rust-lang.org/book/","highlights":["Defining ","shared"],"highlightScores":[0.5,0.4]}]}"#;
    let only = query(&["rust-lang.org", "docs.rs"], &[]);
    let never = query(&[], &["example.com"]);
    let shown = [
        exchange(SearchService::SearXng, searxng, &only),
        exchange(SearchService::Brave, brave, &never),
        exchange(SearchService::Tavily, tavily, &only),
        exchange(SearchService::Exa, exa, &never),
    ];
    insta::assert_snapshot!("services", shown.join("\n\n"));
}

#[test]
fn a_search_that_fails_says_why_without_the_key() {
    let failing = |status: &'static str, body: &'static str| {
        let server = Server::new(move |_, stream| reply(stream, status, "", body.as_bytes()));
        let brave = search(SearchService::Brave, &server, &query(&[], &[]));
        let searxng = search(SearchService::SearXng, &server, &query(&[], &[]));
        [brave, searxng].map(|hits| hits.unwrap_err().to_string())
    };
    assert_eq!(
        failing("403 Forbidden", "k-secret"),
        [
            "127.0.0.1 answered with status 403 Forbidden; is its key right?",
            "127.0.0.1 answered with status 403 Forbidden; does its `settings.yml` list json in \
             `search.formats`?"
        ]
    );
    let no_json = "127.0.0.1 answered with something that is no JSON";
    assert_eq!(failing("200 OK", "<html>"), [no_json, no_json]);
    // A redirect would carry the key away.
    let [brave, _] = failing("302 Found", "");
    assert_eq!(brave, "127.0.0.1 answered with status 302 Found");
}
