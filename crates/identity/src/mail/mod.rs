//! Mail of identity: what is said, in which language, and how it gets into the queue.
