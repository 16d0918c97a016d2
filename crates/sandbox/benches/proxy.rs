//! What the proxy costs: 64 MiB from a server on loopback, straight and through a tunnel.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gimlet_sandbox::proxy::{Doorkeeper, Target, Visit, serve};
use std::{future::Future, net::IpAddr, pin::Pin, sync::Arc};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

const BYTES: usize = 64 << 20;

/// Lets everything through.
#[derive(Debug)]
struct Open;

impl Doorkeeper for Open {
    fn judge<'a>(
        &'a self,
        _: &'a Target,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(async { Ok(()) })
    }

    fn grants(&self, _: &Target, _: IpAddr) -> bool {
        true
    }

    fn note(&self, _: Visit) {}
}

async fn server() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let piece = vec![7; 64 * 1024];
        while let Ok((mut stream, _)) = listener.accept().await {
            for _ in 0..BYTES / piece.len() {
                stream.write_all(&piece).await.unwrap();
            }
        }
    });
    port
}

async fn take(mut stream: TcpStream) -> usize {
    let mut piece = vec![0; 64 * 1024];
    let mut taken = 0;
    loop {
        match stream.read(&mut piece).await.unwrap() {
            0 => return taken,
            count => taken += count,
        }
    }
}

fn throughput(bench: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let (port, door) = runtime.block_on(async {
        let port = server().await;
        let door = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = door.local_addr().unwrap();
        tokio::spawn(serve(door, Arc::new(Open)));
        (port, address)
    });
    let mut group = bench.benchmark_group("network");
    group.throughput(Throughput::Bytes(u64::try_from(BYTES).unwrap()));
    group.sample_size(10);
    group.bench_function("direct", |bench| {
        bench.iter(|| {
            runtime.block_on(async {
                take(TcpStream::connect(("127.0.0.1", port)).await.unwrap()).await
            })
        });
    });
    group.bench_function("through the proxy", |bench| {
        bench.iter(|| {
            runtime.block_on(async {
                let mut stream = TcpStream::connect(door).await.unwrap();
                let head = format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
                take(stream).await
            })
        });
    });
    group.finish();
}

criterion_group!(benches, throughput);
criterion_main!(benches);
