//! One operation of a socket: from `subscribe` to `complete` or `error`.

use async_graphql::parser::types::OperationType;
use futures::StreamExt;
use serde_json::Value as Json;
use tokio::sync::mpsc;

use super::message::Outgoing;
use crate::http::answer::Answer;
use crate::http::client::Client;
use crate::http::edge::{Edge, Refused};
use crate::http::metrics;
use crate::http::params::Params;

/// A message of an operation on its way to the socket.
pub(super) struct Said {
    /// The operation, by the client's id.
    pub(super) id: String,
    /// Tells operations apart that had the same id one after the other.
    pub(super) serial: u64,
    /// The message.
    pub(super) text: String,
    /// Whether it is the operation's last.
    pub(super) last: bool,
}

/// Runs one operation and sends what it says.
pub(super) struct Operation {
    pub(super) edge: Edge,
    pub(super) client: Client,
    pub(super) id: String,
    pub(super) serial: u64,
    pub(super) out: mpsc::Sender<Said>,
}

impl Operation {
    pub(super) async fn run(self, payload: Json) {
        let ready = match Params::of_payload(payload) {
            Ok(params) => self.edge.admit(&self.client, None, params, |_| Ok(())).await,
            Err(problem) => Err(self.edge.refuse(&self.client, problem).await),
        };
        let ready = match ready {
            Ok(ready) => ready,
            Err(Refused { refusal, speaker }) => {
                let error = speaker.refusal(&refusal);
                metrics::refused(error.code());
                let text = Outgoing::Error { id: &self.id, payload: &[error] }.to_text();
                self.say(text, true).await;
                return;
            }
        };
        match ready.kind() {
            OperationType::Query => {
                let done = self.edge.run(ready).await;
                if self.next(&done.answer).await {
                    self.complete().await;
                }
            }
            OperationType::Mutation => {
                let done = self.edge.run_to_the_end(ready).await;
                if self.next(&done.answer).await {
                    self.complete().await;
                }
            }
            OperationType::Subscription => {
                let mut answers = Box::pin(self.edge.subscribe(ready));
                while let Some(answer) = answers.next().await {
                    if !self.next(&answer).await {
                        return;
                    }
                }
                self.complete().await;
            }
        }
    }

    /// Sends an answer; `false` if it was the last. What has no data did not run, and that is an `error`.
    async fn next(&self, answer: &Answer) -> bool {
        if answer.data.is_none() {
            let text = Outgoing::Error { id: &self.id, payload: &answer.errors }.to_text();
            self.say(text, true).await;
            return false;
        }
        self.say(Outgoing::Next { id: &self.id, payload: answer }.to_text(), false).await;
        true
    }

    async fn complete(&self) {
        self.say(Outgoing::Complete { id: &self.id }.to_text(), true).await;
    }

    async fn say(&self, text: String, last: bool) {
        // Reason: an error says that the socket is gone, and this task is about to be.
        let _ = self.out.send(Said { id: self.id.clone(), serial: self.serial, text, last }).await;
    }
}
