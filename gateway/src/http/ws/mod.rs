//! WebSockets with the protocol `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).

mod message;
mod operation;
mod socket;

use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use http::{HeaderMap, header};

use super::client::Client;
use super::edge::Edge;
use super::negotiate::MediaType;
use super::problem::{Refusal, says};
use super::reply;
use super::shared::HttpSettings;

/// The only protocol that is spoken here.
const PROTOCOL: &str = "graphql-transport-ws";

/// The longest message of a client, in bytes.
const MAX_MESSAGE: usize = 64 << 10;

/// Opens a socket, unless another site's page asks for it.
pub fn open(edge: Edge, client: Client, headers: &HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !is_origin_allowed(headers, &edge.shared.settings) {
        let refusal = Refusal::Error(kernel::Error::Forbidden(says::FOREIGN_ORIGIN.into()));
        return reply::refused(&client.speaker(), &refusal, MediaType::GraphqlResponse);
    }
    let place = match edge.shared.sockets.enter_unknown(client.ip) {
        Ok(place) => place,
        Err(error) => return reply::refused(&client.speaker(), &error.into(), MediaType::GraphqlResponse),
    };
    // Reason: a server that stops waits until its sockets were closed with a code.
    let tasks = edge.shared.tasks.clone();
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(move |socket| tasks.track_future(socket::serve(edge, client, place, socket)))
}

/// Browsers send `Origin` with every upgrade, and no `CORS` stops them: it must be checked here. Other programs send
/// none.
fn is_origin_allowed(headers: &HeaderMap, settings: &HttpSettings) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_same = origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host);
    is_same
        || settings.own_origin.as_deref() == Some(origin)
        || settings.cors_origins.iter().any(|known| known == origin)
}
