//! The vocabulary in which the `mNNNN_<domain>` files describe tables. How a description becomes SQL is `ddl`'s.

/// A table being described. Column methods ending in `_opt` allow NULL.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) primary: Option<&'static str>,
    pub(crate) columns: Vec<Column>,
    pub(crate) keys: Vec<ForeignKey>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) checks: Vec<Check>,
    /// Whether PostgreSQL keeps it in parts, by ranges of the primary key.
    pub(crate) parted: bool,
}

/// What happens to the row when the row it points to is deleted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OnDelete {
    /// The delete fails at the end of the statement.
    NoAction,
    /// The delete fails at once.
    Restrict,
    /// The row goes too.
    Cascade,
}

/// The type of a column, named as sea-query names it, so that SeaORM entities decode it on both databases.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Uuid,
    Text,
    Currency,
    Integer,
    BigInteger,
    Boolean,
    Timestamp,
    Date,
    Json,
    Bytes,
    /// A number the database hands out, which is the primary key.
    Sequence,
}

#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) default: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct ForeignKey {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) target: &'static str,
    pub(crate) target_columns: Vec<&'static str>,
    pub(crate) on_delete: OnDelete,
    pub(crate) late: bool,
}

#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) unique: bool,
    pub(crate) only: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) label: &'static str,
    pub(crate) rule: String,
}

impl Table {
    /// A table without columns, for the few whose primary key is not `id`.
    pub(crate) fn bare(name: &'static str) -> Self {
        Self {
            name,
            primary: None,
            columns: Vec::new(),
            keys: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            parted: false,
        }
    }

    /// A table outside the tenants: `id` only.
    pub(crate) fn installation(name: &'static str) -> Self {
        Self::bare(name).uuid("id").primary("id")
    }

    /// A table inside a tenant: `id` and `tenant_id`.
    pub(crate) fn tenant(name: &'static str) -> Self {
        Self::installation(name).tenant_id()
    }

    /// The tenant the row belongs to.
    pub(crate) fn tenant_id(self) -> Self {
        self.uuid("tenant_id").key(&["tenant_id"], "identity_tenants", &["id"], OnDelete::NoAction)
    }

    /// Names the primary key's only column.
    pub(crate) fn primary(mut self, column: &'static str) -> Self {
        self.primary = Some(column);
        self
    }

    /// `created_at`, `updated_at` and the optimistic lock `version`.
    pub(crate) fn std(self) -> Self {
        self.timestamp("created_at").timestamp("updated_at").column(
            "version",
            Kind::BigInteger,
            true,
            Some(1),
        )
    }

    pub(crate) fn uuid(self, name: &'static str) -> Self {
        self.column(name, Kind::Uuid, true, None)
    }

    pub(crate) fn uuid_opt(self, name: &'static str) -> Self {
        self.column(name, Kind::Uuid, false, None)
    }

    pub(crate) fn text(self, name: &'static str) -> Self {
        self.column(name, Kind::Text, true, None)
    }

    pub(crate) fn text_opt(self, name: &'static str) -> Self {
        self.column(name, Kind::Text, false, None)
    }

    /// An ISO-4217 code, three letters.
    pub(crate) fn currency(self, name: &'static str) -> Self {
        self.column(name, Kind::Currency, true, None)
    }

    pub(crate) fn currency_opt(self, name: &'static str) -> Self {
        self.column(name, Kind::Currency, false, None)
    }

    pub(crate) fn int(self, name: &'static str) -> Self {
        self.column(name, Kind::Integer, true, None)
    }

    pub(crate) fn int_opt(self, name: &'static str) -> Self {
        self.column(name, Kind::Integer, false, None)
    }

    /// A count that starts at zero.
    pub(crate) fn count(self, name: &'static str) -> Self {
        self.column(name, Kind::Integer, true, Some(0))
    }

    pub(crate) fn bigint(self, name: &'static str) -> Self {
        self.column(name, Kind::BigInteger, true, None)
    }

    pub(crate) fn bigint_opt(self, name: &'static str) -> Self {
        self.column(name, Kind::BigInteger, false, None)
    }

    pub(crate) fn boolean(self, name: &'static str) -> Self {
        self.column(name, Kind::Boolean, true, None)
    }

    pub(crate) fn boolean_opt(self, name: &'static str) -> Self {
        self.column(name, Kind::Boolean, false, None)
    }

    pub(crate) fn timestamp(self, name: &'static str) -> Self {
        self.column(name, Kind::Timestamp, true, None)
    }

    pub(crate) fn timestamp_opt(self, name: &'static str) -> Self {
        self.column(name, Kind::Timestamp, false, None)
    }

    pub(crate) fn date(self, name: &'static str) -> Self {
        self.column(name, Kind::Date, true, None)
    }

    pub(crate) fn date_opt(self, name: &'static str) -> Self {
        self.column(name, Kind::Date, false, None)
    }

    pub(crate) fn json(self, name: &'static str) -> Self {
        self.column(name, Kind::Json, true, None)
    }

    pub(crate) fn bytes(self, name: &'static str) -> Self {
        self.column(name, Kind::Bytes, true, None)
    }

    /// Kept in parts by ranges of its primary key where the database can; the step's raw SQL makes the parts.
    pub(crate) fn parted(mut self) -> Self {
        self.parted = true;
        self
    }

    /// The primary key as a number the database hands out in order.
    pub(crate) fn sequence(self, name: &'static str) -> Self {
        self.column(name, Kind::Sequence, true, None).primary(name)
    }

    /// An enumeration: text that must be one of `values`.
    pub(crate) fn choice(self, name: &'static str, values: &[&str]) -> Self {
        self.text(name).check(name, &one_of(name, values))
    }

    /// An enumeration that may be absent.
    pub(crate) fn choice_opt(self, name: &'static str, values: &[&str]) -> Self {
        self.text_opt(name).check(name, &one_of(name, values))
    }

    /// A rule over the row; `label` becomes the last part of the constraint's name.
    pub(crate) fn check(mut self, label: &'static str, rule: &str) -> Self {
        let rule = rule.to_owned();
        self.checks.push(Check { label, rule });
        self
    }

    /// `(tenant_id, column)` points to `(tenant_id, id)` of a table of the same tenant.
    pub(crate) fn belongs_to(self, column: &'static str, target: &'static str, on_delete: OnDelete) -> Self {
        self.key(&["tenant_id", column], target, &["tenant_id", "id"], on_delete)
    }

    /// As [`Self::belongs_to`], to a table of a later step, which lists this one in `completes`.
    /// The column must allow NULL: rolling the later step back clears it.
    pub(crate) fn belongs_to_later(self, column: &'static str, target: &'static str) -> Self {
        self.key_later(&["tenant_id", column], target, &["tenant_id", "id"])
    }

    /// As [`Self::belongs_to_later`], over any columns; the last one must allow NULL.
    pub(crate) fn key_later(
        mut self,
        columns: &[&'static str],
        target: &'static str,
        target_columns: &[&'static str],
    ) -> Self {
        self = self.key(columns, target, target_columns, OnDelete::NoAction);
        if let Some(key) = self.keys.last_mut() {
            key.late = true;
        }
        self
    }

    /// `(tenant_id, column)` points to a member of the tenant by user id.
    pub(crate) fn member(self, column: &'static str, on_delete: OnDelete) -> Self {
        self.key(&["tenant_id", column], "identity_memberships", &["tenant_id", "user_id"], on_delete)
    }

    /// A foreign key over any columns.
    pub(crate) fn key(
        mut self,
        columns: &[&'static str],
        target: &'static str,
        target_columns: &[&'static str],
        on_delete: OnDelete,
    ) -> Self {
        self.keys.push(ForeignKey {
            columns: columns.to_vec(),
            target,
            target_columns: target_columns.to_vec(),
            on_delete,
            late: false,
        });
        self
    }

    pub(crate) fn unique(self, columns: &[&'static str]) -> Self {
        self.any_index(columns, true, None)
    }

    /// Unique among the rows for which `only` holds.
    pub(crate) fn unique_where(self, columns: &[&'static str], only: &'static str) -> Self {
        self.any_index(columns, true, Some(only))
    }

    pub(crate) fn index(self, columns: &[&'static str]) -> Self {
        self.any_index(columns, false, None)
    }

    /// An index over the rows for which `only` holds.
    pub(crate) fn index_where(self, columns: &[&'static str], only: &'static str) -> Self {
        self.any_index(columns, false, Some(only))
    }

    fn any_index(mut self, columns: &[&'static str], unique: bool, only: Option<&'static str>) -> Self {
        let columns = columns.to_vec();
        self.indexes.push(Index { columns, unique, only });
        self
    }

    fn column(mut self, name: &'static str, kind: Kind, required: bool, default: Option<i64>) -> Self {
        self.columns.push(Column { name, kind, required, default });
        self
    }
}

fn one_of(column: &str, values: &[&str]) -> String {
    format!("\"{column}\" IN ('{}')", values.join("', '"))
}
