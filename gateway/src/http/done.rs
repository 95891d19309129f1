//! What came of a request.

use http::HeaderMap;
use kernel::ask::Look;

use super::answer::Answer;
use super::errors::Speaker;

/// What came of a request.
#[derive(Debug)]
pub struct Done {
    /// The answer.
    pub answer: Answer,
    /// Headers that resolvers set, such as cookies.
    pub headers: HeaderMap,
    /// SQL statements that it took.
    pub statements: u32,
    /// Whether the answer holds something that must not be kept, such as a token.
    pub secret: bool,
    /// The looks at personal data that the answer is; they are recorded.
    pub looks: Vec<Look>,
}

impl Done {
    /// What comes of a request that panicked.
    pub fn panicked(speaker: &Speaker) -> Self {
        let (answer, headers, looks) = (speaker.panicked(), HeaderMap::new(), Vec::new());
        Self { answer, headers, statements: 0, secret: false, looks }
    }
}
