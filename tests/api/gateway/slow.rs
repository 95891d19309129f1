//! Clients that are slow, many or silent: what each may hold open, and for how long.

use std::time::Duration;

use serde_json::json;
use tests::socket::PROTOCOL;
use tests::{Frame, RawSocket, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::subscriptions::{CHANGES, begun};
use super::wire::{ME, STRICT, Wire, ask};

/// Only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

const LIVEZ: &[u8] = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Whether the server answers this connection.
async fn is_served(stream: &mut TcpStream) -> bool {
    let mut buffer = [0; 1_024];
    if stream.write_all(LIVEZ).await.is_err() {
        return false;
    }
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await.expect("an answer or an end");
    read.is_ok_and(|read| buffer[..read].starts_with(b"HTTP/1.1 200 "))
}

/// Waits until the server closes the connection, reading all that comes.
async fn read_to_the_end(name: &str, stream: &mut TcpStream) -> usize {
    let mut buffer = vec![0; 64 << 10];
    let mut total = 0;
    let all = async {
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            total += read;
        }
        total
    };
    tokio::time::timeout(PATIENCE, all)
        .await
        .unwrap_or_else(|_| panic!("the server does not close the {name} connection"))
}

/// A world that counts this machine's connections as it does those of others.
async fn counting(max: usize) -> World {
    let world = World::builder().configure(move |config| {
        config.server.max_connections_per_address = max;
        config.server.uncounted_networks = Vec::new();
        config.server.trusted_proxies = Vec::new();
    });
    world.build().await
}

// keeps: OP-10
#[tokio::test]
async fn address_has_so_many_connections_and_gets_them_back_when_it_closes_some() {
    let world = counting(3).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(world.address()).await.unwrap();
        assert!(is_served(&mut stream).await);
        open.push(stream);
    }
    let mut fourth = TcpStream::connect(world.address()).await.unwrap();
    assert!(!is_served(&mut fourth).await, "one too many");
    drop(open.pop());
    let again = async {
        loop {
            let mut stream = TcpStream::connect(world.address()).await.unwrap();
            if is_served(&mut stream).await {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("a place becomes free");
}

// keeps: OP-10
#[tokio::test]
async fn socket_keeps_the_place_of_its_connection() {
    let world = counting(2).await;
    let connect = async || RawSocket::connect(world.address(), PROTOCOL, &[]).await.unwrap();
    let (_first, mut second) = (connect().await, connect().await);
    second.send(json!({ "type": "connection_init" })).await;
    assert_eq!(second.next().await, Frame::Json(json!({ "type": "connection_ack" })));
    let mut third = TcpStream::connect(world.address()).await.unwrap();
    assert!(!is_served(&mut third).await, "both sockets are still open");
}

// keeps: OP-10
#[tokio::test]
async fn balancer_and_this_machine_have_as_many_connections_as_they_need() {
    let world =
        World::builder().configure(|config| config.server.max_connections_per_address = 1).build().await;
    let mut open = Vec::new();
    for _ in 0..5 {
        let mut stream = TcpStream::connect(world.address()).await.unwrap();
        assert!(is_served(&mut stream).await);
        open.push(stream);
    }
}

// keeps: OP-10
#[tokio::test]
async fn client_that_does_not_finish_the_head_of_its_request_is_cut_off() {
    let world = World::builder().configure(|config| config.server.header_timeout_s = 1).build().await;
    let mut silent = TcpStream::connect(world.address()).await.unwrap();
    let mut slow = TcpStream::connect(world.address()).await.unwrap();
    let mut idle = TcpStream::connect(world.address()).await.unwrap();
    slow.write_all(b"POST /graphql HTTP/1.1\r\nhost: localhost\r\nx-slow: ").await.unwrap();
    assert!(is_served(&mut idle).await);
    for (name, stream) in [("silent", &mut silent), ("slow", &mut slow), ("idle", &mut idle)] {
        assert!(read_to_the_end(name, stream).await < 1_024, "{name}");
    }
    let mut fresh = TcpStream::connect(world.address()).await.unwrap();
    assert!(is_served(&mut fresh).await);
}

/// Asks for the whole schema; its answer does not fit into the buffers between client and server many times.
const LONG: &str = "{ __schema { types { name description fields(includeDeprecated: true) { name description args { name \
                    description defaultValue type { kind name ofType { kind name } } } type { kind name ofType { kind \
                    name } } } inputFields { name description type { kind name } } enumValues { name description } } } }";

// keeps: OP-10
#[tokio::test]
async fn client_that_reads_nothing_is_cut_off_and_others_are_answered_meanwhile() {
    let world = World::builder().configure(|config| config.server.write_timeout_s = 1).build().await;
    let manager = world.agency("acme").manager();
    let length = Wire::of(ask(&manager, LONG, json!({})).await).await.text.len();
    let asked = (16 << 20) / length + 1;
    let body = json!({ "query": LONG }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut deaf = socket.connect(world.address()).await.unwrap();
    deaf.write_all(request.repeat(asked).as_bytes()).await.unwrap();
    let cut_off = async {
        while !metrics(&world).await.contains("atrium_http_connections_cut_off_total 1") {
            manager.run(ME, json!({})).await.expect_ok();
        }
    };
    tokio::time::timeout(PATIENCE, cut_off).await.expect("the server gives the client up");
    assert!(read_to_the_end("deaf", &mut deaf).await < asked * length, "not everything was sent");
}

async fn metrics(world: &World) -> String {
    Wire::of(world.http().get(world.url("/metrics"))).await.text
}

// keeps: OP-10
#[tokio::test]
async fn address_has_so_many_sockets_on_which_nobody_has_signed_in() {
    let world = World::builder().configure(|config| config.limits.sockets_per_address = 2).build().await;
    let token = world.agency("acme").manager().token().await.unwrap();
    let from =
        async |ip: &str| RawSocket::connect(world.address(), PROTOCOL, &[("x-forwarded-for", ip)]).await;
    let mut first = from("192.0.2.1").await.unwrap();
    let mut second = from("192.0.2.1").await.unwrap();
    let refused = from("192.0.2.1").await.unwrap_err();
    assert_eq!(refused.0, 429);
    assert!(refused.1.contains("LIMITED"), "{}", refused.1);
    from("192.0.2.2").await.unwrap();
    first.send(json!({ "type": "connection_init" })).await;
    assert_eq!(first.next().await, Frame::Json(json!({ "type": "connection_ack" })));
    assert_eq!(from("192.0.2.1").await.unwrap_err().0, 429, "nobody has signed in");
    second.send(json!({ "type": "connection_init", "payload": { "token": token } })).await;
    assert_eq!(second.next().await, Frame::Json(json!({ "type": "connection_ack" })));
    from("192.0.2.1").await.unwrap();
}

// keeps: OP-10
#[tokio::test]
async fn viewer_and_agency_have_so_many_sockets_and_streams() {
    let world = World::builder()
        .configure(|config| {
            config.limits.sockets_per_viewer = 2;
            config.limits.sockets_per_tenant = 3;
        })
        .build()
        .await;
    let acme = world.agency("acme");
    let manager = acme.manager();
    let (first, mut second) = (manager.socket().await, manager.elsewhere().socket().await);
    assert_eq!(
        init(&world, &manager.token().await.unwrap()).await,
        Frame::Closed(1013, "Too many sockets".into())
    );
    let stream = ask(&manager, CHANGES, json!({})).await.header("accept", "text/event-stream");
    let refused = Wire::of(stream).await;
    assert!(refused.text.contains("LIMITED") && refused.text.contains("event: complete"), "{refused:#?}");
    let stream =
        ask(&manager, CHANGES, json!({})).await.header("accept", format!("text/event-stream, {STRICT}"));
    Wire::of(stream).await.expect_refused(429, "LIMITED");
    let mut third = acme.owner().socket().await;
    let developer = acme.developer().token().await.unwrap();
    assert_eq!(init(&world, &developer).await, Frame::Closed(1013, "Too many sockets".into()));
    let mut foreign = world.agency("globex").owner().socket().await;
    drop(first);
    let again =
        async { while init(&world, &developer).await != Frame::Json(json!({ "type": "connection_ack" })) {} };
    tokio::time::timeout(PATIENCE, again).await.expect("a place becomes free");
    for socket in [&mut second, &mut third, &mut foreign] {
        begun(socket).await;
    }
}

/// What a socket hears first that is opened with this token.
async fn init(world: &World, token: &str) -> Frame {
    let mut socket = RawSocket::connect(world.address(), PROTOCOL, &[]).await.unwrap();
    socket.send(json!({ "type": "connection_init", "payload": { "token": token } })).await;
    socket.next().await
}
