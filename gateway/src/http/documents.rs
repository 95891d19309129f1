//! Documents: parsed and checked once, then kept by hash; known by hash to clients; limited to a list where wanted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::{
    self, parse_query,
    types::{ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet},
};
use platform::cache::Cache as SharedCache;
use sha2::{Digest, Sha256};

use super::limits::{check_document, check_literals, check_nesting};
use super::listed::Listed;
use super::params::{Params, PersistedQuery};
use super::problem::{Code, Problem, says};
use super::weight::weight;
use crate::config::GraphqlSettings;

/// SHA-256 of a document's text.
pub type Hash = [u8; 32];

/// How long a document that a client sent with its hash can be asked for by hash alone.
const PERSISTED_FOR: Duration = Duration::from_secs(7 * 24 * 3_600);

/// A parsed document within the limits.
#[derive(Debug)]
pub struct Document {
    /// The parsed text.
    pub parsed: ExecutableDocument,
    /// SHA-256 of the text.
    pub hash: Hash,
    /// About how many bytes it takes.
    weight: u32,
}

/// The operation of a document that a request runs.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a str>,
    /// Itself.
    pub operation: &'a OperationDefinition,
}

impl Chosen<'_> {
    /// Query, mutation or subscription.
    pub fn kind(&self) -> OperationType {
        self.operation.ty
    }
}

impl Document {
    /// The operation that a request names; without a name, the only one (GraphQL, section 6.1).
    pub fn choose(&self, name: Option<&str>) -> Result<Chosen<'_>, Problem> {
        let mut operations = self.parsed.operations.iter();
        let chosen = match name.filter(|name| !name.is_empty()) {
            Some(name) => operations
                .find(|(candidate, _)| candidate.is_some_and(|candidate| candidate.as_str() == name)),
            None if operations.len() > 1 => {
                return Err(Problem::new(Code::BadRequest, says::WHICH_OPERATION));
            }
            None => operations.next(),
        };
        match chosen {
            Some((name, operation)) => {
                Ok(Chosen { name: name.map(|name| name.as_str()), operation: &operation.node })
            }
            None => Err(Problem::new(
                Code::BadRequest,
                says::UNKNOWN_OPERATION.with("name", name.unwrap_or_default()),
            )),
        }
    }
}

impl Document {
    /// The names of the fields that an operation asks for at its root, by the keys under which they are answered.
    pub fn root_fields(&self, operation: Option<&str>) -> HashMap<&str, &str> {
        let mut names = HashMap::new();
        if let Ok(chosen) = self.choose(operation) {
            self.add_fields(&chosen.operation.selection_set.node, &mut names);
        }
        names
    }

    // Invariant: fragments do not hold themselves and expand to a bounded number of fields; `check_document` saw to it.
    fn add_fields<'a>(&'a self, selection: &'a SelectionSet, names: &mut HashMap<&'a str, &'a str>) {
        for item in &selection.items {
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    names.insert(field.response_key().node.as_str(), field.name.node.as_str());
                }
                Selection::InlineFragment(inline) => {
                    self.add_fields(&inline.node.selection_set.node, names);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.parsed.fragments.get(&spread.node.fragment_name.node) {
                        self.add_fields(&fragment.node.selection_set.node, names);
                    }
                }
            }
        }
    }
}

/// The documents of this process.
#[derive(Debug)]
pub struct Documents {
    parsed: moka::future::Cache<Hash, Arc<Document>>,
    shared: Arc<dyn SharedCache>,
    listed: Option<Listed>,
    limits: GraphqlSettings,
    introspection: bool,
}

impl Documents {
    /// No document yet; with `listed`, no other than those will be run.
    pub fn new(
        limits: GraphqlSettings,
        introspection: bool,
        listed: Option<Listed>,
        shared: Arc<dyn SharedCache>,
    ) -> Self {
        let parsed = moka::future::Cache::builder()
            .max_capacity(limits.document_cache_bytes)
            .weigher(|_, document: &Arc<Document>| document.weight)
            .build();
        Self { parsed, shared, listed, limits, introspection }
    }

    /// Bytes of the request's document that would have to be parsed: none of one that is known, and of one that is
    /// refused unread.
    pub fn unread(&self, params: &Params) -> usize {
        let text = params.query.as_deref().filter(|_| self.listed.is_none()).unwrap_or_default();
        let refused = text.len() > self.limits.max_query_bytes;
        if text.len() < LONG || refused || self.parsed.contains_key(&sha256(text)) {
            return 0;
        }
        text.len()
    }

    /// The document of a request.
    pub async fn find(&self, params: &Params) -> Result<Arc<Document>, Problem> {
        let text = params.query.as_deref();
        if let Some(listed) = &self.listed {
            let text =
                listed.find(params).ok_or_else(|| Problem::new(Code::DocumentNotListed, says::NOT_LISTED))?;
            return self.checked(sha256(text), text).await;
        }
        match (params.hash(), text) {
            (None, Some(text)) => self.checked(sha256(text), text).await,
            (Some(sent), Some(text)) => {
                let hash = read_hash(sent)?;
                if hash != sha256(text) {
                    return Err(Problem::new(Code::BadRequest, says::HASH_MISMATCH));
                }
                self.checked(hash, text).await
            }
            (Some(sent), None) => self.by_hash(read_hash(sent)?).await,
            (None, None) => Err(Problem::new(Code::BadRequest, says::NO_QUERY)),
        }
    }

    /// Lets every node know a document that was sent with its hash; this one knows it already. For people who are signed
    /// in and whose request was paid for: strangers could fill the cache without end.
    pub async fn share(&self, document: &Document, text: &str) {
        // Reason: without the shared cache, clients just send the text again.
        if let Err(error) = self.shared.set(&shared_key(&document.hash), text.as_bytes(), PERSISTED_FOR).await
        {
            tracing::debug!(%error, "a persisted query was not shared");
        }
    }

    async fn by_hash(&self, hash: Hash) -> Result<Arc<Document>, Problem> {
        if let Some(document) = self.parsed.get(&hash).await {
            return Ok(document);
        }
        let not_found = || Problem::new(Code::PersistedQueryNotFound, says::PERSISTED_QUERY_NOT_FOUND);
        let text = match self.shared.get(&shared_key(&hash)).await {
            Ok(Some(text)) => String::from_utf8(text).map_err(|_| not_found())?,
            Ok(None) | Err(_) => return Err(not_found()),
        };
        // Invariant: what another node wrote is trusted no more than a client.
        if sha256(&text) != hash {
            return Err(not_found());
        }
        self.checked(hash, &text).await
    }

    async fn checked(&self, hash: Hash, text: &str) -> Result<Arc<Document>, Problem> {
        if let Some(document) = self.parsed.get(&hash).await {
            return Ok(document);
        }
        let max = self.limits.max_query_bytes;
        if text.len() > max {
            return Err(Problem::new(Code::TooComplex, says::QUERY_TOO_LONG.with("max", max)));
        }
        check_nesting(text)?;
        let parsed = parse_query(text).map_err(|error| not_graphql(&error))?;
        check_document(&parsed, &self.limits, self.introspection)?;
        check_literals(&parsed)?;
        let weight = u32::try_from(text.len() + weight(&parsed)).unwrap_or(u32::MAX);
        Ok(Arc::new(Document { parsed, hash, weight }))
    }

    /// Keeps a document, whose request was paid for: looking for it again costs nothing then.
    pub async fn keep(&self, document: &Arc<Document>) {
        if !self.parsed.contains_key(&document.hash) {
            self.parsed.insert(document.hash, Arc::clone(document)).await;
        }
    }
}

/// Bytes from which on a document is paid for before it is read; shorter ones are cheaper than looking.
const LONG: usize = 2_048;

/// The refusal of a text that cannot be parsed.
fn not_graphql(error: &parser::Error) -> Problem {
    let problem = match error {
        // Reason: the parser draws its message over several lines, with the place; the last line says what it is.
        parser::Error::Syntax { message, .. } => {
            let why = message.rsplit_once("= ").map_or(message.as_str(), |(_, why)| why).trim();
            Problem::new(Code::ParseFailed, says::SYNTAX.with("why", why))
        }
        other => Problem::new(Code::ParseFailed, says::SYNTAX.with("why", other)),
    };
    Problem { location: error.positions().next(), ..problem }
}

/// SHA-256 of a text.
pub fn sha256(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn shared_key(hash: &Hash) -> String {
    format!("graphql:document:{}", hex(hash))
}

pub(super) fn read_hash(sent: &PersistedQuery) -> Result<Hash, Problem> {
    let bad = || Problem::new(Code::BadRequest, says::BAD_PERSISTED);
    let digits = sent.sha256_hash.as_bytes();
    if sent.version != 1 || digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(bad());
    }
    let mut hash = Hash::default();
    for (byte, pair) in hash.iter_mut().zip(sent.sha256_hash.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| bad())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
    }
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use kernel::clock::Clock;
    use platform::cache::Services;
    use serde_json::json;

    use super::*;

    fn documents(services: &Services, listed: Option<Listed>) -> Documents {
        Documents::new(GraphqlSettings::default(), true, listed, Arc::clone(&services.documents))
    }

    fn asking(query: Option<&str>, hash: Option<&str>) -> Params {
        let extensions = hash.map(|hash| json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } }));
        Params::of_payload(json!({ "query": query, "extensions": extensions })).unwrap()
    }

    #[tokio::test]
    async fn persisted_document_is_known_on_every_node_once_it_is_shared() {
        let services = Services::in_process(Clock::system());
        let (one, two) = (documents(&services, None), documents(&services, None));
        let hash = hex(&sha256("{ a }"));
        let unknown = one.find(&asking(None, Some(&hash))).await.unwrap_err();
        assert_eq!(unknown.code, Code::PersistedQueryNotFound);
        let sent = one.find(&asking(Some("{ a }"), Some(&hash))).await.unwrap();
        assert!(one.find(&asking(None, Some(&hash))).await.is_err(), "it is not paid for yet");
        one.keep(&sent).await;
        assert_eq!(one.find(&asking(None, Some(&hash))).await.unwrap().hash, sha256("{ a }"));
        assert!(
            two.find(&asking(None, Some(&hash))).await.is_err(),
            "a stranger's document stays on its node"
        );
        one.share(&sent, "{ a }").await;
        assert_eq!(two.find(&asking(None, Some(&hash.to_uppercase()))).await.unwrap().hash, sha256("{ a }"));
    }

    #[tokio::test]
    async fn only_what_passed_the_limits_is_kept() {
        let services = Services::in_process(Clock::system());
        let documents = documents(&services, None);
        for text in ["{ a ", "{ ...A } fragment A on Q { ...A }"] {
            let hash = hex(&sha256(text));
            assert!(documents.find(&asking(Some(text), Some(&hash))).await.is_err());
            let again = documents.find(&asking(None, Some(&hash))).await.unwrap_err();
            assert_eq!(again.code, Code::PersistedQueryNotFound);
        }
    }

    #[tokio::test]
    async fn document_weighs_what_it_takes_parsed() {
        let services = Services::in_process(Clock::system());
        let documents = documents(&services, None);
        let weight = async |text: &str| documents.find(&asking(Some(text), None)).await.unwrap().weight;
        assert!(weight(&format!("{{ x {{ {} }} }}", "a ".repeat(4_000))).await > 4_000 * 256);
        assert!(weight(&format!("{{ x(in: [{}]) }}", "1 ".repeat(4_000))).await > 4_000 * 96);
        assert!(weight("{ a }").await < 1_024);
    }

    #[tokio::test]
    async fn wrong_hashes_are_bad_requests() {
        let services = Services::in_process(Clock::system());
        let documents = documents(&services, None);
        let wrong = hex(&sha256("{ b }"));
        for (query, hash) in
            [(Some("{ a }"), wrong.as_str()), (None, "ab"), (None, &"z".repeat(64)), (None, &"é".repeat(32))]
        {
            assert_eq!(documents.find(&asking(query, Some(hash))).await.unwrap_err().code, Code::BadRequest);
        }
    }

    #[tokio::test]
    async fn listed_mode_runs_documents_of_the_list_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one.graphql"), "{ a }").unwrap();
        std::fs::write(folder.path().join("notes.txt"), "not a document").unwrap();
        let services = Services::in_process(Clock::system());
        let documents = documents(&services, Some(Listed::read(folder.path()).unwrap()));
        assert!(documents.find(&asking(Some("{ a }"), None)).await.is_ok());
        assert!(documents.find(&asking(None, Some("one"))).await.is_ok());
        assert!(documents.find(&asking(None, Some(&hex(&sha256("{ a }"))))).await.is_ok());
        for params in
            [asking(Some("{ b }"), None), asking(None, Some("two")), asking(Some("{ a b }"), Some("one"))]
        {
            assert_eq!(documents.find(&params).await.unwrap_err().code, Code::DocumentNotListed);
        }
        std::fs::write(folder.path().join("bad.graphql"), "{").unwrap();
        assert!(Listed::read(folder.path()).unwrap_err().to_string().contains("bad"));
    }

    #[tokio::test]
    async fn operation_is_chosen_by_name() {
        let services = Services::in_process(Clock::system());
        let documents = documents(&services, None);
        let two = documents.find(&asking(Some("query A { a } mutation B { b }"), None)).await.unwrap();
        assert_eq!(two.choose(Some("B")).unwrap().kind(), OperationType::Mutation);
        assert!(two.choose(None).is_err() && two.choose(Some("C")).is_err());
        let one = documents.find(&asking(Some("{ a }"), None)).await.unwrap();
        assert!(one.choose(None).is_ok() && one.choose(Some("")).is_ok() && one.choose(Some("A")).is_err());
    }
}
