//! Which rows of a file are parts of which: by what they are called where the file comes from, or by their titles. Rows
//! are read with those first that they are part of. No database.

use std::collections::HashMap;

use kernel::{
    Said, Text,
    id::{TaskId, TaskImportId, TypedId},
};
use sha2::{Digest, Sha256};

use super::{table::Table, words::ImportField};
use crate::family::{MAX_DEPTH, TOO_DEEP, WITHIN_ITSELF};

/// The file has no such row.
pub const UNKNOWN_PARENT: Text = Text::new(
    "unknown_parent",
    "No row of the file has this key or title.",
    "Aucune ligne du fichier ne porte cette clé ou ce titre.",
);

/// Several rows have the title.
pub const SEVERAL_PARENTS: Text = Text::new(
    "several_parents",
    "Several rows of the file have this title. Name the row by its key.",
    "Plusieurs lignes du fichier portent ce titre. Désignez la ligne par sa clé.",
);

/// The row that it is part of does not come in.
pub const PARENT_LEFT_OUT: Text = Text::new(
    "parent_left_out",
    "The row that this is part of does not come in.",
    "La ligne dont celle-ci fait partie n'est pas importée.",
);

/// The rows of a file as they are read: each behind the one that it is part of.
pub(super) struct Plan {
    /// Places of rows in the file, in the order in which they are read.
    order: Vec<usize>,
    /// What each row of the file is part of, or what is wrong with that.
    parents: Vec<Result<Option<usize>, Said>>,
    /// The column that says it.
    heading: Option<String>,
}

impl Plan {
    /// The order of a file's rows, which is that of the file where nothing is part of anything.
    pub(super) fn of(table: &Table, fields: &[Option<ImportField>]) -> Self {
        let named = named(table, fields);
        let mut parents: Vec<Result<Option<usize>, Said>> = named.into_iter().collect();
        let above: Vec<Option<usize>> =
            parents.iter().map(|parent| parent.as_ref().ok().copied().flatten()).collect();
        let mut depths = vec![0; parents.len()];
        for (place, parent) in parents.iter_mut().enumerate() {
            match depth(&above, place) {
                Ok(depth) => depths[place] = depth,
                Err(wrong) => *parent = Err(wrong),
            }
        }
        let mut order: Vec<usize> = (0..parents.len()).collect();
        order.sort_by_key(|place| depths.get(*place).copied());
        let column = fields.iter().position(|field| *field == Some(ImportField::Parent));
        Self { order, parents, heading: column.and_then(|column| table.headings.get(column)).cloned() }
    }

    /// Places of the rows to be read, from one on.
    pub(super) fn from(&self, position: usize) -> &[usize] {
        self.order.get(position..).unwrap_or_default()
    }

    /// What the row at a place is part of.
    ///
    /// # Errors
    /// What is wrong with that.
    pub(super) fn parent(&self, place: usize) -> Result<Option<usize>, Said> {
        self.parents.get(place).cloned().unwrap_or(Ok(None))
    }

    /// The heading of the column that says it.
    pub(super) fn heading(&self) -> Option<&str> {
        self.heading.as_deref()
    }
}

/// How many rows are above one.
fn depth(above: &[Option<usize>], place: usize) -> Result<usize, Said> {
    let (mut at, mut depth) = (place, 0);
    while let Some(next) = above.get(at).copied().flatten() {
        depth += 1;
        if next == place {
            return Err(WITHIN_ITSELF.into());
        }
        if depth >= MAX_DEPTH {
            return Err(TOO_DEEP.with("max", MAX_DEPTH));
        }
        at = next;
    }
    Ok(depth)
}

/// What each row says that it is part of: by key, or else by title.
fn named(table: &Table, fields: &[Option<ImportField>]) -> Vec<Result<Option<usize>, Said>> {
    let of = |wanted: ImportField| {
        let columns = fields.iter().enumerate().filter(move |(_, field)| **field == Some(wanted));
        columns.map(|(column, _)| column).collect::<Vec<_>>()
    };
    let (keys, titles, parents) = (of(ImportField::Key), of(ImportField::Title), of(ImportField::Parent));
    if parents.is_empty() {
        return vec![Ok(None); table.rows.len()];
    }
    let index = |columns: &[usize]| {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, row) in table.rows.iter().enumerate() {
            for cell in columns.iter().filter_map(|column| row.cells.get(*column)) {
                if !cell.is_empty() {
                    places.entry(cell.to_lowercase()).or_default().push(place);
                }
            }
        }
        places
    };
    let (keys, titles) = (index(&keys), index(&titles));
    let find = |word: &str| {
        let word = word.to_lowercase();
        match keys.get(&word).or_else(|| titles.get(&word)).map(Vec::as_slice) {
            Some([place]) => Ok(Some(*place)),
            Some(_) => Err(SEVERAL_PARENTS.into()),
            // Reason: our own files name tasks by their ids, and need not have the one that this is part of.
            None if word.parse::<TaskId>().is_ok() => Ok(None),
            None => Err(UNKNOWN_PARENT.into()),
        }
    };
    let of_row = |cells: &[String]| {
        let mut cells = parents.iter().filter_map(|column| cells.get(*column));
        cells.find(|cell| !cell.is_empty()).map_or(Ok(None), |cell| find(cell))
    };
    table.rows.iter().map(|row| of_row(&row.cells)).collect()
}

/// The id of the task of a row: the same however often the row is read, so that parts find what they are part of in a
/// batch long before. Made as UUIDs of version 7 are (RFC 9562, section 5.7), of the time of the import.
pub(super) fn task_id(import: TaskImportId, line: u64) -> TaskId {
    let import = import.uuid();
    let mut hash = Sha256::new();
    hash.update(import.as_bytes());
    hash.update(line.to_be_bytes());
    let hash = hash.finalize();
    let mut random = [0; 10];
    random.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    let mut time = [0; 8];
    time[2..].iter_mut().zip(import.as_bytes()).for_each(|(byte, known)| *byte = *known);
    TaskId::from_uuid(
        uuid::Builder::from_unix_timestamp_millis(u64::from_be_bytes(time), &random).into_uuid(),
    )
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::import::{settings::Settings, table};

    fn plan(file: &str) -> Plan {
        let table = table::read(file, None).unwrap();
        let fields = Settings::default().fields_of(&table.headings).unwrap();
        Plan::of(&table, &fields)
    }

    #[test]
    fn rows_come_behind_what_they_are_part_of_by_key_or_title() {
        let plan = plan("Key,Title,Parent\n1,Leaf,2\n2,branch,TRUNK\n3,Trunk,\n4,Alone,\n");
        assert_eq!(plan.from(0), [2, 3, 1, 0]);
        assert_eq!((plan.parent(0), plan.parent(1), plan.parent(2)), (Ok(Some(1)), Ok(Some(2)), Ok(None)));
    }

    #[test]
    fn what_is_wrong_with_a_parent_is_told() {
        let plan = plan(
            "Title,Parent\na,b\nb,a\nc,nobody\ntwin,\ntwin,\nd,twin\n\
             1,\n2,1\n3,2\n4,3\n5,4\n6,5\nself,self\n",
        );
        let code = |place: usize| plan.parent(place).err().map(|said| said.code());
        assert_eq!((code(0), code(1)), (Some("within_itself"), Some("within_itself")));
        assert_eq!((code(2), code(5)), (Some("unknown_parent"), Some("several_parents")));
        assert_eq!((code(10), code(11), code(12)), (None, Some("too_deep"), Some("within_itself")));
    }

    #[test]
    fn row_has_one_id_whenever_it_is_read() {
        let import = TaskImportId::from_uuid("01930000-0000-7abc-8def-000000000001".parse::<Uuid>().unwrap());
        let id = task_id(import, 7);
        assert_eq!(id, task_id(import, 7));
        assert_ne!(id, task_id(import, 8));
        assert_eq!(
            (id.uuid().get_version_num(), &id.uuid().as_bytes()[..6]),
            (7, &import.uuid().as_bytes()[..6])
        );
    }
}
