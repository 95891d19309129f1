//! The walk along the sealed order, whatever it is read from: leaf after leaf, with the heads that speak of what was
//! passed. Pure; no IO.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Keys, Problem, ProblemKind, Report};
use crate::{
    merkle::{Frontier, Hash, TILE_LEVELS},
    seal::{head::SignedHead, store::Note},
};

/// A leaf of the database, hashed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed {
    /// Its place.
    pub(super) seq: u64,
    /// The entry it is of.
    pub(super) entry: Uuid,
    /// Its hash as it is stored, if that is one.
    pub(super) stored: Option<Hash>,
    /// The hash of the entry as it is now, if that is there, and whether no other entry has the same line.
    pub(super) found: Option<(Hash, bool)>,
}

/// A check under way.
#[derive(Debug, Default)]
pub(super) struct Walk {
    tenant: Uuid,
    keys: Keys,
    tree: Frontier,
    /// The next place of the order.
    place: u64,
    /// Whether a place was empty or taken twice: from there on the tree is another one, and compares to nothing.
    off: bool,
    /// Perfect nodes that were completed and not compared yet.
    completed: BTreeMap<(u32, u64), Hash>,
    /// Heads that wait for the walk to reach their size, by number.
    heads: VecDeque<SignedHead>,
    last_head: u64,
    /// The size of the last head that agreed.
    good: u64,
    /// Whether one did not: every later one will not either, for the same reason.
    broken: bool,
    /// A head that somebody kept outside.
    kept: Option<SignedHead>,
    report: Report,
}

impl Walk {
    pub(super) fn new(tenant: Uuid, keys: Keys, report: Report) -> Self {
        Self { tenant, keys, report, ..Self::default() }
    }

    /// Holds the walk against a head from outside.
    pub(super) fn keep(&mut self, head: SignedHead) {
        if head.tenant == self.tenant && self.keys.signed(&head) {
            self.kept = Some(head);
        } else {
            let text = "the head that was kept outside is not signed by a key of this agency";
            self.report.add(Problem::new(ProblemKind::Head, text));
        }
    }

    /// The next place.
    pub(super) fn place(&self) -> u64 {
        self.place
    }

    /// The number of the last head that was announced.
    pub(super) fn last_head(&self) -> u64 {
        self.last_head
    }

    /// Whether heads of up to `size` entries may not be announced yet.
    pub(super) fn wants_heads(&self, size: u64) -> bool {
        self.heads.back().is_none_or(|head| head.size <= size)
    }

    /// Adds heads that come next, by number.
    pub(super) fn announce(&mut self, heads: Vec<SignedHead>) {
        for head in heads {
            if head.number != self.last_head + 1 {
                let text = format!("heads {} to {} are missing", self.last_head + 1, head.number - 1);
                self.report.add(Problem::new(ProblemKind::Head, text));
            }
            self.last_head = head.number;
            self.heads.push_back(head);
        }
    }

    /// Whose signatures are believed.
    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Notes an archive whose manifest is not believed.
    pub(super) fn forged(&mut self, archive: Uuid) {
        let text = format!("the manifest of the archive {archive} is not signed by a key of this agency");
        self.report.add(Problem::new(ProblemKind::Archive, text));
    }

    /// Passes a leaf of the database; `removed` if its entry is not there and a signed archive has it.
    pub(super) fn leaf(&mut self, leaf: &Passed, removed: bool) {
        let Passed { seq, entry, stored, found } = *leaf;
        self.come_to(seq, Some(entry));
        match found {
            Some((hash, is_well_formed)) => {
                self.report.entries += 1;
                if Some(hash) != stored || !is_well_formed {
                    let text = format!("the entry at place {seq} is not as it was sealed");
                    self.report.add(Problem::new(ProblemKind::Changed, text).at(seq).entry(entry));
                }
            }
            None if removed => self.report.left_out += 1,
            None => {
                let text = format!("the entry at place {seq} is not there");
                self.report.add(Problem::new(ProblemKind::Missing, text).at(seq).entry(entry));
            }
        }
        self.push(stored.unwrap_or_default());
    }

    /// Passes an entry of a file by the hash that stands beside it and that of its bytes, if those make an entry.
    pub(super) fn line(&mut self, seq: u64, stored: Hash, hash: Option<Hash>, entry: Option<Uuid>) {
        self.come_to(seq, entry);
        self.report.entries += 1;
        if hash != Some(stored) {
            let text = format!("the entry at place {seq} is not as it was sealed");
            let problem = Problem::new(ProblemKind::Changed, text).at(seq);
            self.report.add(Problem { entry, ..problem });
        }
        self.push(stored);
    }

    /// Passes places that are left out, by the perfect nodes over them; answers whether these fit.
    pub(super) fn skip(&mut self, seq: u64, until: u64, nodes: &[Hash]) -> bool {
        self.come_to(seq, None);
        let mut nodes = nodes.iter();
        while self.place < until {
            let aligned = if self.place == 0 { 63 } else { self.place.trailing_zeros() };
            let level = aligned.min(63 - (until - self.place).leading_zeros());
            let Some(hash) = nodes.next() else { return false };
            if !self.off && !self.tree.push_node(level, *hash) {
                return false;
            }
            self.place += 1 << level;
            self.report.left_out += 1 << level;
        }
        nodes.next().is_none()
    }

    fn push(&mut self, leaf: Hash) {
        let (completed, off) = (&mut self.completed, self.off);
        self.tree.push(leaf, |level, position, hash| {
            if level.is_multiple_of(TILE_LEVELS) && !off {
                completed.insert((level, position), hash);
            }
        });
        self.place += 1;
    }

    /// Looks at heads of what was passed, and whether the next place is the one that should come.
    fn come_to(&mut self, seq: u64, entry: Option<Uuid>) {
        self.judge();
        if seq == self.place {
            return;
        }
        let problem = if seq > self.place {
            let text = format!("places {} to {} are empty", self.place, seq - 1);
            Problem::new(ProblemKind::Gap, text).among(self.place, seq)
        } else {
            let text = format!("place {seq} comes again, or too late");
            Problem { entry, ..Problem::new(ProblemKind::Gap, text).at(seq) }
        };
        self.report.add(problem);
        self.off = true;
        self.place = self.place.max(seq);
    }

    /// Compares the heads of as many entries as were passed.
    fn judge(&mut self) {
        while let Some(head) = self.heads.pop_front_if(|head| head.size <= self.place) {
            self.head(&head);
        }
        if let Some(kept) = self.kept.take_if(|head| head.size <= self.place)
            && !self.off
            && kept.root != self.tree.root()
        {
            let text =
                format!("the entries up to {} are not those of the head that was kept outside", kept.size);
            self.report.add(Problem::new(ProblemKind::Rewritten, text).among(self.good, kept.size));
        }
    }

    /// Compares a head whose size was reached.
    pub(super) fn head(&mut self, head: &SignedHead) {
        self.report.heads += 1;
        if !self.is_valid(head) {
            return;
        }
        if head.size != self.place {
            let text =
                format!("head {} is of {} entries, which a later one has, too", head.number, head.size);
            self.report.add(Problem::new(ProblemKind::Head, text));
            return;
        }
        self.report.head = Some(head.clone());
        if self.off || self.broken {
            return;
        }
        if head.root == self.tree.root() {
            self.good = head.size;
            return;
        }
        self.broken = true;
        let SignedHead { number, size, at, .. } = head;
        let text = format!("the entries up to {size} are not those of head {number}, signed {at}");
        self.report.add(Problem::new(ProblemKind::Rewritten, text).among(self.good, *size));
    }

    pub(super) fn is_valid(&mut self, head: &SignedHead) -> bool {
        let valid = head.tenant == self.tenant && self.keys.signed(head);
        if !valid {
            let text = format!("head {} of {} entries has no valid signature", head.number, head.size);
            self.report.add(Problem::new(ProblemKind::Head, text));
        }
        valid
    }

    /// The perfect nodes that were completed since they were taken last.
    pub(super) fn take_completed(&mut self) -> BTreeMap<(u32, u64), Hash> {
        std::mem::take(&mut self.completed)
    }

    pub(super) fn bad_node(&mut self, level: u32, position: u64) {
        let (from, until) = (position << level, (position + 1) << level);
        let text =
            format!("the stored node over places {from} to {} is not what their leaves make", until - 1);
        self.report.add(Problem::new(ProblemKind::Node, text).among(from, until));
    }

    /// Compares with the note of the tree's end, and with heads of more entries than there are.
    pub(super) fn end(&mut self, note: &Note) {
        self.close();
        if note.size != self.place {
            let text = format!("the tree had {} entries; {} are there", note.size, self.place);
            let kind = if note.size > self.place { ProblemKind::Cut } else { ProblemKind::Node };
            self.report.add(Problem::new(kind, text).at(self.place.min(note.size)));
        } else if note.peaks != self.tree.peaks().concat() && !self.off {
            let text = "the note of the tree's end is not what the leaves make";
            self.report.add(Problem::new(ProblemKind::Node, text));
        }
        if note.heads > self.last_head {
            let text = format!("heads {} to {} are missing", self.last_head + 1, note.heads);
            self.report.add(Problem::new(ProblemKind::Head, text));
        }
        // Race: heads may have been signed since the note was read.
        let same = self.report.head.as_ref().filter(|head| head.number == note.heads);
        let as_noted = |head: &SignedHead| head.size == note.head_size && Some(head.at) == note.head_at;
        if note.head_size > note.size || same.is_some_and(|head| !as_noted(head)) {
            let text = "the note of the last head is not what that head says: no further one may come";
            self.report.add(Problem::new(ProblemKind::Head, text));
        }
    }

    /// Compares what is left when the order has ended.
    pub(super) fn close(&mut self) {
        self.judge();
        for head in std::mem::take(&mut self.heads) {
            self.report.heads += 1;
            if self.is_valid(&head) {
                self.cut(&head);
            }
        }
        if let Some(head) = self.kept.take() {
            self.cut(&head);
        }
    }

    /// Notes that a head speaks of more entries than there are.
    pub(super) fn cut(&mut self, head: &SignedHead) {
        let SignedHead { number, size, at, .. } = head;
        let text = format!("head {number}, signed {at}, is of {size} entries; {} are there", self.place);
        // Reason: whether the last ones are gone, or others that those moved up for, the tree cannot tell.
        self.report.add(Problem::new(ProblemKind::Cut, text).among(self.good.min(self.place), *size));
    }

    pub(super) fn stray_leaves(&mut self, many: u64) {
        let text = format!("{many} places of the order are taken twice, or below zero");
        self.report.add(Problem::new(ProblemKind::Gap, text));
    }

    pub(super) fn stray_node(&mut self, level: u32) {
        let text = format!("a node of level {level} is stored that the tree does not have");
        self.report.add(Problem::new(ProblemKind::Node, text));
    }

    pub(super) fn inserted(&mut self, entry: Uuid) {
        let text = "an entry is there that was never sealed and does not wait for it";
        self.report.add(Problem::new(ProblemKind::Inserted, text).entry(entry));
    }

    pub(super) fn removed_before_sealing(&mut self, entry: Uuid) {
        let text = "an entry that waits to be sealed is not there";
        self.report.add(Problem::new(ProblemKind::Missing, text).entry(entry));
    }

    pub(super) fn unsealed(&mut self, many: u64, since: Option<DateTime<Utc>>) {
        self.report.unsealed = many;
        self.report.waiting_since = since;
    }

    pub(super) fn waits_although_sealed(&mut self, entry: Uuid, seq: u64) {
        let text = "an entry waits to be sealed although it is sealed";
        self.report.add(Problem::new(ProblemKind::Waiting, text).at(seq).entry(entry));
    }

    /// Notes that entries wait for too long behind a place, the first of them this one.
    pub(super) fn overdue(
        &mut self,
        place: u64,
        many: u64,
        first: Option<Uuid>,
        since: Option<DateTime<Utc>>,
        cause: &str,
    ) {
        let since = since.map_or_else(String::new, |since| format!(" since {since}"));
        let text =
            format!("{many} entries wait to be sealed{since}, and can be changed unseen meanwhile: {cause}");
        let problem = Problem::new(ProblemKind::Waiting, text).at(place);
        self.report.add(Problem { entry: first, ..problem });
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.report.add(problem);
    }

    /// The report.
    pub(super) fn finish(mut self) -> Report {
        self.report.size = self.place;
        self.report.root = self.tree.root();
        self.report
    }
}
