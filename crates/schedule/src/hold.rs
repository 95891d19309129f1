//! Holding: what would start too early by its links alone is held, one after the other behind those that are.

use crate::{
    calendar::{Instant, Work},
    network::{Network, NodeKind},
};

impl Network {
    /// Asks of each activity that has not begun and was not put by hand whether it is held, where links leave it to
    /// start at an instant behind those that are: `hold` answers the instant before which it does not start then.
    /// Everybody comes after those they wait for.
    pub fn hold(&self, mut hold: impl FnMut(usize, Instant) -> Option<Instant>) {
        let mut places = vec![0; self.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            places[at] = self.earliest(at, &places).0;
            if node.kind == NodeKind::Free {
                let axis = self.axis(node);
                let held = hold(self.order[at] as usize, axis.start_of(places[at]));
                places[at] = held.map_or(places[at], |held| axis.work_at(held).max(places[at]));
            }
        }
    }

    /// The earliest place of a node by its floor and its links from these places, and the link that says so.
    pub(crate) fn earliest(&self, at: usize, places: &[Work]) -> (Work, Option<usize>) {
        let node = &self.nodes[at];
        let mut earliest = (node.floor, None);
        if let NodeKind::Free | NodeKind::Started(_) = node.kind {
            for arc in self.incoming.of(at) {
                let other = arc.other as usize;
                let needed = self.needed(arc, places[other], self.finish(other, places[other]), node);
                if needed > earliest.0 {
                    earliest = (needed, Some(arc.link as usize));
                }
            }
        }
        earliest
    }
}
